// The completions of bash and zsh against the table of options. Flags they take from --help; what
// may stand behind one stands in both files.
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "common/option_table.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Words = std::set<std::string>;

std::string content(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream("packaging/completion/" + name).rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

Words split(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  return {std::sregex_token_iterator(text.begin(), text.end(), regex), {}};
}

// What the first group of `pattern` has as flags, and the second as the words that they take.
std::map<std::string, Words> words_by_flag(const std::string& name, const char* pattern) {
  const std::string text = content(name);
  const std::regex regex(pattern);
  std::map<std::string, Words> all;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex);
       at != std::sregex_iterator(); ++at)
    for (const std::string& flag : split((*at)[1], "--[a-z-]+"))
      all[flag] = split((*at)[2], "[a-z0-9_]+");
  return all;
}

std::map<std::string, Words> words_of_bash() {
  return words_by_flag("event-consumer.bash",
                       R"((--[a-z-]+(?: \| --[a-z-]+)*)\)\s+words='([^']*)')");
}

std::map<std::string, Words> words_of_zsh() {
  return words_by_flag(
      "_event-consumer",
      R"(\((--[a-z-]+(?:\|--[a-z-]+)*)\)\s+compadd ([a-z0-9_ \\\n]+?)\s*(?:;|return))");
}

TEST_CASE("completion: bash and zsh offer the same words", "[completion]") {
  const auto bash = words_of_bash(), zsh = words_of_zsh();
  for (const auto& [flag, words] : bash) {
    INFO(flag);
    CHECK((zsh.count(flag) == 1 && zsh.at(flag) == words));
  }
  CHECK(zsh.size() == bash.size());
  CHECK(words_of_bash().count("--reason") == 1);
}

TEST_CASE("completion: of an option with a few words, all of them", "[completion]") {
  auto offered = words_of_bash();
  for (const OptionRow& row : option_table()) {
    const std::string values = row.value_name;
    if (row.flag == nullptr || values.find('/') == std::string::npos) continue;
    // «N/auto»: what is in lower case is a word.
    INFO(row.flag);
    CHECK(offered[std::string("--") + row.flag] == split(values, "[a-z]+"));
  }
}

TEST_CASE("completion: a flag that takes a file is completed by names of files", "[completion]") {
  const std::regex by_pattern("-file$");
  for (const OptionRow& row : option_table()) {
    if (row.flag == nullptr || std::string(row.value_name) != "FILE") continue;
    INFO(row.flag);
    CHECK(std::regex_search(row.flag, by_pattern));
  }
}

}  // namespace
}  // namespace event_consumer
