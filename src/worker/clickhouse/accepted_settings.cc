#include "worker/clickhouse/accepted_settings.h"

#include <algorithm>
#include <sstream>

#include "common/near_miss.h"
#include "common/option_parsers.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

constexpr int kUnknownSetting = 115;

std::string describe(const std::string& name, const std::string& value) {
  return "--clickhouse-setting " + name + "=" + value + ": ";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// Whether the server made something else of a value. 18.16 takes «many» for 0, and says nothing; a
// proxy may drop what it does not know.
bool is_another(const std::string& value, const std::string& arrived) {
  if (is_number(value)) return is_number(arrived) && arrived != value;
  bool is_on = true;
  const bool is_switch = !parse_switch(value, is_on);
  return arrived == "0" && !value.empty() && (!is_switch || is_on);
}

Result<std::vector<std::string>> read_names(ClickHouseHttp& http, const std::string& from) {
  const auto output = run_query(http, "SELECT name FROM system." + from);
  if (!output) return output.error();
  std::vector<std::string> names;
  std::istringstream lines(output.value());
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

// Why the server in use does not know `name`.
Result<std::string> explain_unknown(ClickHouseHttp& http, const std::string& name) {
  const auto of_tables = read_names(http, "merge_tree_settings WHERE name = " + quote_string(name));
  const bool is_hidden = !of_tables && of_tables.error().peer_code == kAccessDenied;
  if (!of_tables && !is_hidden) return of_tables.error();
  if (of_tables && !of_tables.value().empty())
    return "it is a setting of tables, and none of inserts: ALTER TABLE … MODIFY SETTING " + name;
  const auto known = read_names(http, "settings");
  if (!known) return known.error();
  const std::string meant = nearest(name, known.value());
  return http.server().describe() + " does not know this setting" +
         (meant.empty() ? "" : ": did you mean " + meant + "?");
}

Result<std::string> read_accepted(ClickHouseHttp& http, const std::string& name,
                                  const std::string& value) {
  const auto output =
      run_query(http, "SELECT value FROM system.settings WHERE name = " + quote_string(name),
                {{name, value}});
  if (!output && output.error().peer_code != kUnknownSetting) {
    if (output.error().kind == ErrorKind::kUnavailable) return output.error();
    return Error{ErrorKind::kConfiguration, describe(name, value) + output.error().message,
                 output.error().peer_code};
  }
  if (!output || output.value().empty()) {
    const auto why = explain_unknown(http, name);
    if (!why) return why.error();
    return Error{ErrorKind::kConfiguration, describe(name, value) + why.value()};
  }
  const std::string arrived = output.value().substr(0, output.value().find('\n'));
  if (is_another(value, arrived))
    return Error{ErrorKind::kConfiguration,
                 describe(name, value) + "it arrives at " + http.server().describe() + " as " +
                     arrived +
                     ": correct it, or have the proxy before it pass on the parameters of the URL"};
  return arrived;
}

}  // namespace

Result<InsertSettings> read_accepted_settings(ClickHouseHttp& http) {
  InsertSettings accepted;
  const InsertSettings asked = http.server().settings;
  for (const auto& [name, value] : asked) {
    auto arrived = read_accepted(http, name, value);
    if (!arrived) return arrived.error();
    accepted.emplace_back(name, std::move(*arrived));
  }
  return accepted;
}

}  // namespace event_consumer
