#include "common/config_file.h"

#include <filesystem>
#include <sstream>
#include <system_error>

#include "common/near_miss.h"
#include "common/read_file.h"
#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {
namespace {

std::string trim(const std::string& text) {
  constexpr const char* kBlanks = " \t\r";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string unquote(std::string value) {
  if (value.size() < 2) return value;
  const char quote = value.front();
  if ((quote != '"' && quote != '\'') || value.back() != quote) return value;
  return value.substr(1, value.size() - 2);
}

bool is_variable_name(const std::string& text) {
  if (text.empty()) return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string::npos;
}

// A line may be a password in base64, which ends in «=»: what does not look like the name of a
// variable is not quoted.
std::string describe_unknown(const std::string& name) {
  const std::string unknown = " is not the variable of any option";
  const std::string meant = did_you_mean(name, option_variables());
  const bool is_name =
      !meant.empty() ||
      (contains(name, "_") &&
       name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos);
  return (is_name ? "'" + name + "'" : "what stands before the first =") + unknown + meant;
}

}  // namespace

Result<Settings> read_config_file(const std::string& path) {
  const auto unreadable = [&](const std::string& why) {
    return Error{ErrorKind::kUsage, "cannot read configuration file " + path + ": " + why};
  };
  auto content = read_file(path);
  if (!content) return unreadable(content.error().message);
  // What a shell hands on by --config <(command): the command has failed, or this is a reload. All
  // would be as by default, down to the queue.
  std::error_code none;
  if (content->empty() && std::filesystem::is_fifo(path, none))
    return unreadable("nothing is in this pipe, which can be read only once");
  std::istringstream lines(*content);
  return read_config(lines, path);
}

Result<Settings> read_config(std::istream& content, const std::string& path) {
  Settings settings;
  std::string line;
  for (int number = 1; std::getline(content, line); ++number) {
    if (number == 1 && starts_with(line, kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    const std::string text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    const std::string where = path + ", line " + std::to_string(number) + ": ";
    const auto equals = text.find('=');
    const std::string name = equals == std::string::npos ? "" : trim(text.substr(0, equals));
    // A line that is none of ours may hold a password: it is not quoted.
    if (!is_variable_name(name)) return Error{ErrorKind::kUsage, where + "expected NAME=value"};
    if (find_option(name) == nullptr)
      return Error{ErrorKind::kUsage, where + describe_unknown(name)};
    // A worker gets the value as a variable, which would end there.
    if (contains(text, std::string_view("\0", 1)))
      return Error{ErrorKind::kUsage, where + "the value of " + name + " holds a NUL"};
    settings[name] = unquote(trim(text.substr(equals + 1)));
  }
  return settings;
}

}  // namespace event_consumer
