#include "common/log.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("log level: our names", "[log]") {
  CHECK((log::parse_level("debug") == log::Level::debug));
  CHECK((log::parse_level("info") == log::Level::info));
  CHECK((log::parse_level("warning") == log::Level::warn));
  CHECK((log::parse_level("error") == log::Level::err));
  CHECK((log::parse_level("critical") == log::Level::critical));
}

TEST_CASE("log level: Python's names in any case", "[log]") {
  CHECK((log::parse_level("DEBUG") == log::Level::debug));
  CHECK((log::parse_level("Info") == log::Level::info));
  CHECK((log::parse_level("WARNING") == log::Level::warn));
  CHECK((log::parse_level("WARN") == log::Level::warn));
  CHECK((log::parse_level("ERROR") == log::Level::err));
  CHECK((log::parse_level("CRITICAL") == log::Level::critical));
  CHECK((log::parse_level("FATAL") == log::Level::critical));
  CHECK((log::parse_level("NOTSET") == log::Level::debug));
}

TEST_CASE("log level: no other name", "[log]") {
  for (const char* name : {"", " info", "info ", "verbose", "trace", "off", "20", "inf", "infos"})
    CHECK_FALSE(log::parse_level(name).has_value());
}

}  // namespace
}  // namespace event_consumer
