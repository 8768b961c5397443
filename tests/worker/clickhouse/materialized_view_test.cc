#include "worker/clickhouse/materialized_view.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TableRow view(const std::string& behind_create, const std::string& uuid = "") {
  return {{"d", "v"}, "MaterializedView", "", "CREATE MATERIALIZED VIEW " + behind_create, uuid,
          {}};
}

std::string table_of(const TableRow& row) { return table_of_view(row).quoted(); }

TEST_CASE("materialized view: the table that it writes to", "[materialized_view]") {
  // As 18.16 and as 26.7 write it.
  CHECK(table_of(view("d.v TO d.t ( z UInt8) AS SELECT z FROM d.s")) == "`d`.`t`");
  CHECK(table_of(view("d.v TO e.`a b` (`z` UInt8) AS SELECT z FROM d.s")) == "`e`.`a b`");
  CHECK(table_of(view("`d`.`v TO x` TO `e.f`.`g\\`h` (`z` UInt8)")) == "`e.f`.`g\\`h`");
  CHECK(table_of(view("d.v TO t (`z` UInt8) AS SELECT 1")) == "`d`.`t`");
  CHECK(table_of(view("d.v REFRESH EVERY 1 HOUR APPEND TO d.t (`z` UInt8) AS SELECT 1")) ==
        "`d`.`t`");
}

TEST_CASE("materialized view: one of its own", "[materialized_view]") {
  const std::string own = "d.v (`to` UInt8) ENGINE = MergeTree ORDER BY to AS SELECT 1 AS to";
  CHECK(table_of(view(own)) == "`d`.`.inner.v`");
  CHECK(table_of(view(own, "1-2")) == "`d`.`.inner_id.1-2`");
  CHECK(table_of(view(own, "00000000-0000-0000-0000-000000000000")) == "`d`.`.inner.v`");
  CHECK(table_of(view("d.v REFRESH EVERY 1 HOUR (`a TO b` UInt8)", "1-2")) ==
        "`d`.`.inner_id.1-2`");
  CHECK(table_of(view("", "1-2")) == "`d`.`.inner_id.1-2`");
  CHECK(table_of({{"d", "w"}, "WindowView", "", "", "", {}}) == "`d`.`w`");
}

TEST_CASE("materialized view: a profile may show UUIDs", "[materialized_view]") {
  CHECK(table_of(view("d.v UUID '1-2' TO d.t (`z` UInt8) AS SELECT 1", "1-2")) == "`d`.`t`");
  CHECK(table_of(view("d.v UUID '1-2' TO INNER UUID '3-4' (`z` UInt8) ENGINE = Memory", "1-2")) ==
        "`d`.`.inner_id.1-2`");
  CHECK(table_of(view("d.v UUID '1-2' (`z` UInt8) ENGINE = Memory AS SELECT 1", "1-2")) ==
        "`d`.`.inner_id.1-2`");
  CHECK(table_of(view("d.v UUID '1-2", "1-2")) == "`d`.`.inner_id.1-2`");
  CHECK(is_replaced_by_refresh(view("d.v UUID '1-2' REFRESH EVERY 1 HOUR TO d.t (`z` UInt8)")));
}

TEST_CASE("materialized view: a profile may choose other quotation marks", "[materialized_view]") {
  CHECK(table_of(view(R"("d"."v w" TO "d"."t`\"" ("z" UInt8) AS SELECT 1)")) == "`d`.`t\\`\"`");
  CHECK(is_replaced_by_refresh(view(R"("d"."v" REFRESH EVERY 1 HOUR TO "d"."t" ("z" UInt8))")));
}

TEST_CASE("materialized view: whether a refresh replaces what is in it", "[materialized_view]") {
  CHECK(is_replaced_by_refresh(view("d.v REFRESH EVERY 1 HOUR (`z` UInt8) ENGINE = MergeTree")));
  CHECK(is_replaced_by_refresh(view("d.v REFRESH AFTER 1 DAY TO d.t (`z` UInt8) AS SELECT 1")));
  CHECK_FALSE(is_replaced_by_refresh(view("d.v REFRESH EVERY 1 HOUR APPEND (`z` UInt8)")));
  CHECK_FALSE(is_replaced_by_refresh(view("d.v TO d.t (`z` UInt8) AS SELECT ' REFRESH '")));
}

}  // namespace
}  // namespace event_consumer
