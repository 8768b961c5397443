#include "common/unknown_argument.h"

#include <cctype>

#include "common/near_miss.h"
#include "common/option_table.h"
#include "common/reason.h"
#include "common/redact.h"
#include "common/text.h"

namespace event_consumer {
namespace {

// «--clickhouse-password» for CLICKHOUSE_PASSWORD.
std::string as_flag(std::string variable) {
  for (char& c : variable)
    c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return "--" + variable;
}

// For a flag that is left out on purpose, or is nearly so called.
ParseError password_flag(const std::string& flag) {
  for (const OptionRow& row : option_table()) {
    const std::string absent = as_flag(row.variable);
    if (row.flag != nullptr || nearest(flag, {absent}).empty()) continue;
    return "there is no flag " + absent +
           ", because the process list would show the password to everybody: put it into the "
           "environment variable " +
           row.variable + " or into the file given with --config, or alone into a file named by " +
           absent + "-file";
  }
  return std::nullopt;
}

}  // namespace

std::string describe_unknown_argument(const std::string& argument,
                                      const std::vector<std::string>& words) {
  const std::string unknown = printable(redact_url(argument.substr(0, argument.find('='))), 200);
  const std::string meant = did_you_mean(unknown, words);
  if (meant.empty())
    if (const auto sentence = password_flag(unknown)) return *sentence;
  return "unknown argument " + unknown + (meant.empty() ? " (see --help)" : meant);
}

ParseError refuse_unknown_reason(const std::string& word) {
  const std::vector<std::string> reasons(kReasonSlugs.begin(), kReasonSlugs.end());
  if (contains(reasons, word)) return std::nullopt;
  const std::string meant = did_you_mean(word, reasons);
  return "'" + printable(word, 200) + "' is the reason of no dead letter" +
         (meant.empty() ? "; there are " + joined(reasons) : meant);
}

}  // namespace event_consumer
