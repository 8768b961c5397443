// Tables other than the default one: every type that this ClickHouse has, and columns with DEFAULT.
#include <string>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/scene.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

Environment without_required(const Scene& scene) {
  Environment environment = scene.environment();
  environment["EVENT_CONSUMER_REQUIRED"] = "";
  return environment;
}

}  // namespace

TEST_CASE("a column of every type that ClickHouse 18.16 has is filled and reads as it was sent") {
  Scene scene("types");
  scene.declare_topology();
  clickhouse().query("CREATE DATABASE " + scene.database());
  clickhouse().query(
      "CREATE TABLE " + scene.table() +
      " (id UInt8, u16 UInt16, u32 UInt32, u64 UInt64, i8 Int8, i16 Int16, i32 Int32, i64 Int64, "
      "f32 Float32, f64 Float64, dec Decimal(18, 4), text String, fixed FixedString(4), day Date, "
      "moment DateTime, kind Enum8('a' = -1, 'b' = 2), kind16 Enum16('x' = 300), uuid UUID, "
      "maybe Nullable(Int32), many Array(UInt16), nested Array(Array(String)), "
      "maybes Array(Nullable(String))) ENGINE = MergeTree() ORDER BY id");
  Service service(without_required(scene));
  AmqpClient client(rabbitmq().url());
  client.publish(
      scene.exchange(), scene.queue(),
      R"({"id": 255, "u16": 65535, "u32": 4294967295, "u64": 18446744073709551615, "i8": -128,)"
      R"( "i16": -32768, "i32": -2147483648, "i64": -9223372036854775808, "f32": 1.5,)"
      R"( "f64": -2.25, "dec": "12345.6789", "text": "t\u00e9", "fixed": "ab", "day": "2025-12-19",)"
      R"( "moment": "2025-12-19T12:20:30+02:00", "kind": "b", "kind16": 300,)"
      R"( "uuid": "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "maybe": null, "many": [1, 2, 3],)"
      R"( "nested": [["a"], [], ["b", "c"]], "maybes": ["x", null]})");
  REQUIRE(wait_until([&] { return scene.rows() == 1; }, seconds(20)));
  CHECK(clickhouse().query("SELECT * FROM " + scene.table()) ==
        "255\t65535\t4294967295\t18446744073709551615\t-128\t-32768\t-2147483648\t"
        "-9223372036854775808\t1.5\t-2.25\t12345.6789\tt\u00e9\tab\\0\\0\t2025-12-19\t"
        "2025-12-19 10:20:30\tb\tx\t61f0c404-5cb3-11e7-907b-a6006ad3dba0\t\\N\t[1,2,3]\t"
        "[['a'],[],['b','c']]\t['x',NULL]\n");
}

TEST_CASE("an absent key is the DEFAULT of a column that has one") {
  Scene scene("defaults");
  scene.declare_topology();
  clickhouse().query("CREATE DATABASE " + scene.database());
  clickhouse().query("CREATE TABLE " + scene.table() +
                     " (id UInt32, level UInt8 DEFAULT 7, note String DEFAULT concat('n', "
                     "toString(id)), twice UInt32 MATERIALIZED id * 2) ENGINE = MergeTree() ORDER "
                     "BY id");
  Service service(without_required(scene));
  AmqpClient client(rabbitmq().url());
  for (const char* body :
       {R"({"id": 1})", R"({"id": 2, "level": 1})", R"({"id": 3, "note": "mine"})",
        R"({"id": 4, "level": null, "note": ""})", R"({"id": 5})",
        R"({"id": 6, "level": 2, "note": "x", "twice": 1})"})
    client.publish(scene.exchange(), scene.queue(), body);
  CHECK(wait_until([&] { return scene.rows() == 6; }, seconds(20)));
  CHECK(
      clickhouse().query("SELECT id, level, note, twice FROM " + scene.table() + " ORDER BY id") ==
      "1\t7\tn1\t2\n2\t1\tn2\t4\n3\t7\tmine\t6\n4\t7\t\t8\n"
      "5\t7\tn5\t10\n6\t2\tx\t12\n");
}

}  // namespace event_consumer::testing
