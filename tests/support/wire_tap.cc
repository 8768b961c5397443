#include "tests/support/wire_tap.h"

#include <memory>

#include "tests/support/amqp_methods.h"

namespace event_consumer::testing {
namespace {

class DeliveryFilter : public LinkFilter {
 public:
  explicit DeliveryFilter(std::atomic<std::uint64_t>& deliveries) : deliveries_(deliveries) {}

  Passage pass(From from, std::string_view bytes) override {
    if (from == From::kClient) return {std::string(bytes), ""};
    deliveries_ += counter_.read(bytes);
    return {"", std::string(bytes)};
  }

 private:
  std::atomic<std::uint64_t>& deliveries_;
  MethodCounter counter_{kBasicDeliver};
};

}  // namespace

WireTap::WireTap(int port)
    : proxy_(port, [this](int) { return std::make_unique<DeliveryFilter>(deliveries_); }) {}

std::string WireTap::url() const {
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(proxy_.port()) + "/";
}

}  // namespace event_consumer::testing
