#include "common/config_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

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

bool is_option_variable(const std::string& name) {
  for (const OptionRow& row : option_table())
    if (name == row.variable) return true;
  return false;
}

}  // namespace

Result<Settings> read_config_file(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return Error{ErrorKind::kUsage,
                 "cannot read configuration file " + path + ": " + std::strerror(errno)};
  return read_config(file, path);
}

Result<Settings> read_config(std::istream& content, const std::string& path) {
  Settings settings;
  std::string line;
  for (int number = 1; std::getline(content, line); ++number) {
    const std::string text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    const std::string where = path + ", line " + std::to_string(number) + ": ";
    const auto equals = text.find('=');
    const std::string name = equals == std::string::npos ? "" : trim(text.substr(0, equals));
    // A line that is none of ours may hold a password: it is not quoted.
    if (!is_variable_name(name)) return Error{ErrorKind::kUsage, where + "expected NAME=value"};
    if (!is_option_variable(name))
      return Error{ErrorKind::kUsage, where + "'" + name + "' is not the variable of any option"};
    settings[name] = unquote(trim(text.substr(equals + 1)));
  }
  if (content.bad()) return Error{ErrorKind::kUsage, "cannot read configuration file " + path};
  return settings;
}

}  // namespace event_consumer
