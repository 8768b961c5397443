// The words are those of real servers; tests/integration/check_test.cc meets the servers.
#include "worker/clickhouse/clickhouse_diagnosis.h"

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

ClickHouseServer server() { return {"h", 8123, "default", "hunter2", std::chrono::seconds(1)}; }

TEST_CASE("diagnosis: ClickHouse does not answer", "[diagnosis]") {
  const auto refused =
      diagnose_clickhouse({0, "cannot connect", 0, NoAnswer::kNotConnected}, server());
  CHECK(refused.kind == ErrorKind::kUnavailable);
  CHECK(contains(refused.remedy, "start the server"));
  const auto closed = diagnose_clickhouse({0, "the connection was closed", 0}, server());
  CHECK(closed.kind == ErrorKind::kUnavailable);
  CHECK(contains(closed.remedy, "nobody speaks HTTP there"));
  const auto no_tls = diagnose_clickhouse(
      {0, "no connection with TLS: the TLS handshake failed: it was not completed", 0,
       NoAnswer::kNoHandshake},
      server());
  CHECK(no_tls.kind == ErrorKind::kUnavailable);
  CHECK(contains(no_tls.remedy, "CLICKHOUSE_TLS"));
}

TEST_CASE("diagnosis: ClickHouse refuses the login, old and new", "[diagnosis]") {
  for (const int code : {192, 193, 194, 516}) {
    const auto diagnosis = diagnose_clickhouse(
        {403,
         "Code: 193, e.displayText() = DB::Exception: Wrong password, e.what() = DB::Exception",
         code},
        server());
    CHECK(diagnosis.kind == ErrorKind::kConfiguration);
    CHECK(diagnosis.cause == "Code: 193, e.displayText() = DB::Exception: Wrong password");
    CHECK(contains(diagnosis.remedy, "CLICKHOUSE_PASSWORD (now set)"));
    CHECK_FALSE(contains(diagnosis.remedy, "hunter2"));
  }
}

TEST_CASE("diagnosis: what passes by itself is no matter of configuration", "[diagnosis]") {
  for (const int code : {202, 241, 252})
    CHECK(diagnose_clickhouse({500, "Code: 252. Too many parts", code}, server()).kind ==
          ErrorKind::kUnavailable);
}

TEST_CASE("diagnosis: ClickHouse refuses the right", "[diagnosis]") {
  for (const int code : {164, 497})
    CHECK(contains(diagnose_clickhouse({500, "Code: 497. No.\nStack trace", code}, server()).remedy,
                   "right to insert"));
}

TEST_CASE("diagnosis: not the HTTP port, not ClickHouse", "[diagnosis]") {
  const auto native = diagnose_clickhouse(
      {400, "Port 9000 is for clickhouse-client program.\r\nYou must use port 8123 for HTTP.", 0},
      server());
  CHECK(contains(native.remedy, "CLICKHOUSE_PORT"));
  CHECK(native.kind == ErrorKind::kConfiguration);
  const auto https =
      diagnose_clickhouse({400, "400 The plain HTTP request was sent to HTTPS port", 0}, server());
  CHECK(contains(https.remedy, "wants HTTPS"));
  const auto other = diagnose_clickhouse({404, "<html>", 0}, server());
  CHECK(contains(other.remedy, "this is not ClickHouse"));
  CHECK(other.kind == ErrorKind::kConfiguration);
  const auto too_large = diagnose_clickhouse({413, "<html>", 0}, server());
  CHECK(contains(too_large.remedy, "--batch-bytes"));
  CHECK(too_large.kind == ErrorKind::kConfiguration);
  CHECK(diagnose_clickhouse({502, "Bad gateway", 0}, server()).kind == ErrorKind::kUnavailable);
}

TEST_CASE("diagnosis: a page of a proxy goes by its status, whatever it links to", "[diagnosis]") {
  const std::string page = "<html><a href=\"https://example.com/\">back later</a>";
  CHECK(diagnose_clickhouse({503, page, 0}, server()).kind == ErrorKind::kUnavailable);
  CHECK(contains(diagnose_clickhouse({404, page, 0}, server()).remedy, "this is not ClickHouse"));
}

TEST_CASE("diagnosis: an exception goes by its code, whatever event it quotes", "[diagnosis]") {
  const std::string quoting =
      "Code: 497. Not enough privileges, at row 'https://x.org/ : while pushing to view "
      "clickhouse-client program'";
  CHECK(contains(diagnose_clickhouse({500, quoting, 497}, server()).remedy, "right to insert"));
}

TEST_CASE("diagnosis: ClickHouse has no table, or a view of it fails", "[diagnosis]") {
  CHECK(contains(diagnose_clickhouse({404, "Code: 60. No", 60}, server()).remedy,
                 "create the table"));
  CHECK(contains(diagnose_clickhouse({404, "Code: 81. No", 81}, server()).remedy,
                 "create the database"));
  CHECK(contains(
      diagnose_clickhouse({404, "Code: 60. No: while pushing to view d.v", 60}, server()).remedy,
      "repair the view"));
}

}  // namespace
}  // namespace event_consumer
