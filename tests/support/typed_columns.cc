#include "tests/support/typed_columns.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/versions.h"

namespace event_consumer::testing {
namespace {

struct Example {
  std::string type;
  std::string json;
  std::string shown;
};

// Whether values of the type stand in quotes when an array is shown, and whether it may stand in
// LowCardinality.
enum class Quoted { kNo, kYes };
enum class Low { kNo, kYes };

struct Examples {
  const char* since;  // of the versions that tests ask, the oldest that has these types
  Quoted quoted;
  Low low;
  std::vector<Example> examples;
};

const std::string kWideMaximum =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";
const std::string kWideMinimum =
    "-57896044618658097711785492504343953926634992332820282019728792003956564819968";

const std::vector<Examples>& all_examples() {
  static const std::vector<Examples> all = {
      {"18.16",
       Quoted::kNo,
       Low::kYes,
       {{"UInt8", "255", "255"},
        {"UInt16", "65535", "65535"},
        {"UInt32", "4294967295", "4294967295"},
        {"UInt64", "18446744073709551615", "18446744073709551615"},
        {"Int8", "-128", "-128"},
        {"Int16", "-32768", "-32768"},
        {"Int32", "-2147483648", "-2147483648"},
        {"Int64", "-9223372036854775808", "-9223372036854775808"},
        {"Float32", "1.5", "1.5"},
        {"Float64", "-2.25", "-2.25"}}},
      {"23.10",
       Quoted::kNo,
       Low::kYes,
       {{"UInt128", "\"340282366920938463463374607431768211455\"",
         "340282366920938463463374607431768211455"},
        {"UInt256", '"' + kWideMaximum + '"', kWideMaximum},
        {"Int128", "-170141183460469231731687303715884105728",
         "-170141183460469231731687303715884105728"},
        {"Int256", '"' + kWideMinimum + '"', kWideMinimum},
        {"Float64", "1e308", "1e308"}}},
      {"18.16",
       Quoted::kNo,
       Low::kNo,
       {{"Decimal(9, 4)", "-12345.6789", "-12345.6789"},
        {"Decimal(18, 4)", "\"12345.6789\"", "12345.6789"},
        {"Decimal(38, 10)", "1234567890123456789012345678.0123456789",
         "1234567890123456789012345678.0123456789"}}},
      {"23.10",
       Quoted::kNo,
       Low::kNo,
       {{"Decimal(76, 1)", "-0.5", "-0.5"}, {"SimpleAggregateFunction(sum, UInt64)", "7", "7"}}},
      {"23.10", Quoted::kNo, Low::kYes, {{"Bool", "true", "true"}}},
      {"18.16",
       Quoted::kYes,
       Low::kYes,
       {{"String", "\"t\\u00e9\"", "t\u00e9"},
        {"String", "{\"a\": [1.50]}", "{\"a\": [1.50]}"},
        {"FixedString(4)", "\"ab\"", "ab\\0\\0"},
        {"Date", "\"2025-12-19\"", "2025-12-19"},
        {"DateTime", "\"2025-12-19T12:20:30+02:00\"", "2025-12-19 10:20:30"},
        {"DateTime('Europe/Berlin')", "\"2025-12-19T10:20:30Z\"", "2025-12-19 11:20:30"},
        {"UUID", "\"61F0C4045CB311E7907BA6006AD3DBA0\"", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"}}},
      {"23.10",
       Quoted::kYes,
       Low::kYes,
       {{"Date", "\"2149-06-06\"", "2149-06-06"},
        {"DateTime", "\"2106-02-07T06:28:15Z\"", "2106-02-07 06:28:15"},
        {"Date32", "\"1900-01-01\"", "1900-01-01"},
        {"Date32", "\"2299-12-31\"", "2299-12-31"},
        {"IPv4", "\"203.0.113.7\"", "203.0.113.7"},
        {"IPv6", "\"2001:db8::1\"", "2001:db8::1"},
        {"IPv6", "\"203.0.113.7\"", "::ffff:203.0.113.7"}}},
      {"18.16",
       Quoted::kYes,
       Low::kNo,
       {{"Enum8('a' = -1, 'b' = 2)", "\"b\"", "b"},
        {"Enum16('x' = 300, 'y' = -300)", "-300", "y"}}},
      {"23.10",
       Quoted::kYes,
       Low::kNo,
       {{"DateTime64(3)", "1766139630123", "2025-12-19 10:20:30.123"},
        {"DateTime64(6, 'Europe/Berlin')", "\"2025-12-19T10:20:30.123456Z\"",
         "2025-12-19 11:20:30.123456"},
        {"DateTime64(6)", "\"1900-01-01T00:00:00Z\"", "1900-01-01 00:00:00.000000"},
        {"DateTime64(6)", "\"2299-12-31T23:59:59.999999Z\"", "2299-12-31 23:59:59.999999"},
        {"DateTime64(9)", "\"2025-12-19T10:20:30.123456789Z\"", "2025-12-19 10:20:30.123456789"}}},
      {"18.16",
       Quoted::kNo,
       Low::kNo,
       {{"Tuple(UInt8, String)", "[1, \"x\"]", "(1,'x')"},
        {"Tuple(UInt8, Tuple(Array(Date)))", "[1, [[\"2025-12-19\"]]]", "(1,(['2025-12-19']))"}}},
      {"23.10",
       Quoted::kNo,
       Low::kNo,
       {{"Tuple(a UInt8, `b c` Map(String, UInt8))", "{\"b c\": {\"x\": 1}, \"a\": 2}",
         "(2,{'x':1})"},
        {"Map(LowCardinality(String), Array(UInt8))", "{\"a\": [1], \"b\": null}",
         "{'a':[1],'b':[]}"},
        {"Point", "[1, 2.5]", "(1,2.5)"},
        {"Polygon", "[[[1, 2], [3, 4]], []]", "[[(1,2),(3,4)],[]]"},
        {"IntervalDay", "3", "3"}}},
      {"24.8",
       Quoted::kNo,
       Low::kNo,
       {{"LineString", "[[1, 2], [3, 4]]", "[(1,2),(3,4)]"},
        {"MultiLineString", "[[[1, 2], [3, 4]], []]", "[[(1,2),(3,4)],[]]"}}},
      {"25.5",
       Quoted::kNo,
       Low::kNo,
       {{"Variant(Array(UInt8), String, UInt64)", "[1]", "[1]"},
        {"Variant(Array(UInt8), String, UInt64)", "\"x\"", "x"},
        {"Variant(Array(UInt8), String, UInt64)", "null", "\\N"},
        {"Dynamic", "1.5", "1.5"},
        {"JSON", "{\"b\": {\"c\": [1, 2]}, \"a\": 1}", "{\"a\":1,\"b\":{\"c\":[1,2]}}"}}},
      {"26.7",
       Quoted::kNo,
       Low::kNo,
       {{"JSON", "{\"c\": [1, \"x\"]}", "{\"c\":[1,\"x\"]}"},
        {"Geometry", "[[0, 0], [1, 1]]", "[(0,0),(1,1)]"}}},
      {"25.5", Quoted::kNo, Low::kYes, {{"BFloat16", "1.5", "1.5"}}},
      {"26.7",
       Quoted::kYes,
       Low::kNo,
       {{"Time", "\"-100:00:01\"", "-100:00:01"},
        {"Time64(3)", "\"1:02:03.4567\"", "01:02:03.456"}}},
  };
  return all;
}

// Whether the type stands as it is, in nothing that others stand in.
bool stands_alone(const std::string& type) {
  return type.find("Aggregate") != std::string::npos || type.find("Tuple") == 0 ||
         type.find("Map") == 0 || type.find("Variant") == 0 || type.find("Po") == 0 ||
         type.find("Line") == 0 || type.find("MultiLine") == 0 || type.find("Geo") == 0 ||
         type.find("Dynamic") == 0 || type.find("JSON") == 0 || type.find("Interval") == 0;
}

// The example alone, and in everything that may stand around its type.
std::vector<Example> wrapped(const Example& example, const Examples& group, bool lets_low_uuids) {
  const auto& [type, json, shown] = example;
  if (stands_alone(type)) return {example};
  const std::string quote = group.quoted == Quoted::kYes ? "'" : "";
  const std::string item = quote + shown + quote;
  std::vector<Example> all = {
      example,
      {"Nullable(" + type + ")", json, shown},
      {"Nullable(" + type + ")", "null", "\\N"},
      {"Array(" + type + ")", "[" + json + ", " + json + "]", "[" + item + "," + item + "]"},
      {"Array(Nullable(" + type + "))", "[null, " + json + "]", "[NULL," + item + "]"},
      {"Array(Array(" + type + "))", "[[], [" + json + "]]", "[[],[" + item + "]]"}};
  if (group.low == Low::kNo || (!lets_low_uuids && type == "UUID")) return all;
  all.push_back({"LowCardinality(" + type + ")", json, shown});
  all.push_back({"LowCardinality(Nullable(" + type + "))", json, shown});
  all.push_back({"LowCardinality(Nullable(" + type + "))", "null", "\\N"});
  all.push_back({"Array(LowCardinality(" + type + "))", "[" + json + "]", "[" + item + "]"});
  return all;
}

// «Time64» of «Time64(3)», of all examples that the version has, or of the others.
std::set<std::string> names(std::string_view version, bool of_this_version) {
  std::set<std::string> all;
  for (const Examples& group : all_examples())
    if (is_at_least(version, group.since) == of_this_version)
      for (const Example& each : group.examples)
        all.insert(each.type.substr(0, each.type.find('(')));
  return all;
}

}  // namespace

std::vector<TypedColumn> typed_columns(std::string_view version) {
  // 18.16 lets such a column be made, and then takes nothing.
  const bool lets_low_uuids = is_at_least(version, "23.10");
  std::vector<TypedColumn> columns;
  for (const Examples& group : all_examples()) {
    if (!is_at_least(version, group.since)) continue;
    for (const Example& example : group.examples)
      for (const Example& column : wrapped(example, group, lets_low_uuids))
        columns.push_back(
            {"c" + std::to_string(columns.size()), column.type, column.json, column.shown});
  }
  return columns;
}

bool has_types_of(std::string_view version, const std::string& definitions) {
  const auto known = names(version, true), others = names(version, false);
  return std::none_of(others.begin(), others.end(), [&](const std::string& name) {
    return known.count(name) == 0 &&
           std::regex_search(definitions, std::regex("\\b" + name + "\\b"));
  });
}

std::string column_definitions(const std::vector<TypedColumn>& columns) {
  std::string text;
  for (const TypedColumn& column : columns)
    text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

std::string event_for(const std::vector<TypedColumn>& columns) {
  std::string text;
  for (const TypedColumn& column : columns)
    text += (text.empty() ? "{\"" : ", \"") + column.name + "\": " + column.json;
  return text + "}";
}

std::vector<std::string> differences(const std::vector<TypedColumn>& columns,
                                     const std::string& row) {
  std::vector<std::string> found;
  std::istringstream fields(row.substr(0, row.find('\n')));
  for (const TypedColumn& column : columns) {
    std::string field;
    std::getline(fields, field, '\t');
    if (field != column.shown)
      found.push_back(column.type + " of " + column.json + " is " + field + " instead of " +
                      column.shown);
  }
  return found;
}

}  // namespace event_consumer::testing
