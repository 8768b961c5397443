// libFuzzer target: any text as a list of AMQP URLs and as a list of ClickHouse hosts. What is
// taken can be connected to.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/amqp_url.h"
#include "common/host_port.h"

using namespace event_consumer;

namespace {

void check(const std::string& host, int port) {
  if (host.empty() || port < 1 || port > 65535) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto urls = parse_amqp_urls(text);
  if (urls) {
    if (urls->empty()) std::abort();
    for (const AmqpUrl& url : *urls) {
      check(url.host, url.port);
      if (url.heartbeat.count() < 1 || url.heartbeat.count() > 3600) std::abort();
    }
  } else if (urls.error().message.empty()) {
    std::abort();
  }
  std::vector<HostPort> hosts;
  if (parse_hosts(text, 8123, hosts)) return 0;
  if (hosts.empty()) std::abort();
  for (const HostPort& host : hosts) check(host.host, host.port);
  return 0;
}
