// The configuration file of the Debian package against the table of options.
#include <fstream>
#include <map>
#include <string>

#include "common/config_file.h"
#include "common/resolve_options.h"
#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr const char* kPath = "packaging/debian/event-consumer.default";

// The file with every option taken out of its comment.
Settings all_of_it() {
  std::ifstream file(kPath);
  REQUIRE(file.good());
  std::string text;
  for (std::string line; std::getline(file, line);) {
    const bool is_option = line.size() > 1 && line[0] == '#' && line[1] >= 'A' && line[1] <= 'Z' &&
                           line.find('=') < line.find(' ');
    if (is_option) text += line.substr(1) + "\n";
  }
  auto settings = read_config_file(testing::TemporaryFile(text).path());
  if (!settings) FAIL(settings.error().message);
  return *settings;
}

TEST_CASE("the default file as it is sets nothing") {
  auto settings = read_config_file(kPath);
  if (!settings) FAIL(settings.error().message);
  CHECK(settings->empty());
}

TEST_CASE("the default file has every option with its default") {
  const Settings settings = all_of_it();
  auto resolved = resolve_options({}, {}, {});
  if (!resolved) FAIL(resolved.error().message);
  const Settings defaults = (*resolved).texts;
  for (const auto& [variable, text] : defaults) {
    INFO(variable);
    REQUIRE(settings.count(variable) == 1);
    CHECK(settings.at(variable) == text);
  }
  CHECK(settings.size() == defaults.size());
}

}  // namespace
}  // namespace event_consumer
