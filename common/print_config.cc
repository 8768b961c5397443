#include "common/print_config.h"

#include <algorithm>
#include <string_view>

namespace event_consumer {
namespace {

// Where the origins stand in a row, if the settings before them are short enough.
constexpr std::size_t kOriginAt = 56;

std::string line(const std::string& variable, const std::string& value, const std::string& origin) {
  std::string text = variable + "=" + value;
  // Two blanks at least; a continuation byte of UTF-8 takes no room.
  const auto width = static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
  text.append(width + 2 < kOriginAt ? kOriginAt - width : 2, ' ');
  return text + "# " + origin + "\n";
}

std::string_view format(Origin origin) {
  switch (origin) {
    case Origin::kFlag:
      return "flag --";
    case Origin::kEnvironment:
      return "environment";
    case Origin::kFile:
      return "file ";
    case Origin::kDefault:
      break;
  }
  return "default";
}

std::string describe(Origin origin, const char* flag, const std::string& config_file) {
  std::string text(format(origin));
  if (origin == Origin::kFlag) text += flag;
  if (origin == Origin::kFile) text += config_file;
  return text;
}

}  // namespace

std::string describe_config(const CommandLine& command_line) {
  const std::string& file = command_line.config_file;
  std::string lines =
      line(kConfigVariable, file, describe(command_line.config_file_origin, "config", file));
  for (const OptionRow& row : option_table()) {
    const std::string& text = command_line.resolved.texts.at(row.variable);
    lines += line(row.variable, row.shown == nullptr ? text : row.shown(text),
                  describe(command_line.resolved.origins.at(row.variable), row.flag, file));
  }
  for (const std::string& note : command_line.resolved.notes) lines += "# ! " + note + "\n";
  return lines;
}

}  // namespace event_consumer
