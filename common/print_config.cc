#include "common/print_config.h"

#include <string_view>

#include "common/terminal.h"
#include "common/text.h"

namespace event_consumer {
namespace {

// Where the origins stand in a row, if the settings before them are short enough.
constexpr std::size_t kOriginAt = 56;

std::string line(const std::string& variable, const std::string& value, const std::string& origin) {
  std::string text = variable + "=" + printable(value, value.size());
  // Two blanks at least.
  const std::size_t width = width_of(text);
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

std::string describe(Origin origin, const char* flag, const std::string& place) {
  std::string text(format(origin));
  if (origin == Origin::kFlag) text += flag;
  if (origin == Origin::kFile) text += place;
  return text;
}

// A line for each file; an empty one says that there is none.
std::string config_lines(const CommandLine& command_line) {
  std::string lines;
  const std::string origin = describe(command_line.config_origin, "config", "");
  for (const std::string& file : command_line.resolved.files)
    lines += line(kConfigVariable, file, origin);
  return lines.empty() ? line(kConfigVariable, "", origin) : lines;
}

}  // namespace

std::string describe_config(const CommandLine& command_line) {
  const ResolvedOptions& resolved = command_line.resolved;
  std::string lines = config_lines(command_line);
  for (const OptionRow& row : option_table()) {
    const std::string& text = resolved.texts.at(row.variable);
    const auto place = resolved.places.find(row.variable);
    lines += line(row.variable, row.shown == nullptr ? text : row.shown(text),
                  describe(resolved.origins.at(row.variable), row.flag,
                           place == resolved.places.end() ? "" : place->second));
  }
  for (const std::string& note : resolved.notes) lines += "# ! " + note + "\n";
  return lines;
}

}  // namespace event_consumer
