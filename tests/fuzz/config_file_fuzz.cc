// libFuzzer target: any bytes as a configuration file. What passes is a set of options within their
// limits, what does not names the file or the option.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "common/config_file.h"
#include "common/resolve_options.h"

using namespace event_consumer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream file(std::string(reinterpret_cast<const char*>(data), size));
  auto settings = read_config(file, "/etc/file");
  if (!settings) {
    if (settings.error().message.find("/etc/file, line ") != 0) std::abort();
    return 0;
  }
  auto resolved = resolve_options({}, {}, *settings);
  if (!resolved) {
    if (resolved.error().kind != ErrorKind::kUsage || resolved.error().message.empty())
      std::abort();
    return 0;
  }
  const Options& options = resolved->options;
  if (options.workers < 1 || options.prefetch.value_or(1) < 1 ||
      options.prefetch.value_or(1) > 65535 || options.batch_rows < 1 || options.batch_bytes < 1 ||
      options.rabbitmq_urls.empty() || options.clickhouse_hosts.empty())
    std::abort();
  return 0;
}
