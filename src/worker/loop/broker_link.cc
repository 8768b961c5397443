#include "worker/loop/broker_link.h"

#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kGoodLink{10};

}  // namespace

BrokerLink::BrokerLink(Connections first, Connect connect)
    : connections_(std::move(first)),
      connect_(std::move(connect)),
      backoff_(std::chrono::milliseconds(100), std::chrono::seconds(3)) {}

void BrokerLink::consumes(TimePoint now) {
  if (log_limiter_.is_news("consuming", now)) log::info("consuming {}", source().describe());
  if (!consuming_since_) consuming_since_ = now;
  fault_.clear();
}

std::optional<TimePoint> BrokerLink::good_from() const {
  return consuming_since_ ? std::optional(*consuming_since_ + kGoodLink) : std::nullopt;
}

void BrokerLink::lose(const Error& error, std::size_t in_hand, TimePoint now) {
  // A link that the broker takes and cuts again is a fault that goes on.
  if (good_from() && now >= *good_from()) {
    log_limiter_.over();
    backoff_.reset();
  }
  consuming_since_.reset();
  log::log(log_limiter_.is_news(error.message, now) ? log::Level::warn : log::Level::debug,
           "{}; {} events in hand go back to the queue", error.message, in_hand);
  connections_ = Connections{};
  fault_ = error.message;
  retry_at_ = now + backoff_.next();
}

Result<bool> BrokerLink::connect_if_due(TimePoint now) {
  if (is_up() || (retry_at_ && now < *retry_at_)) return false;
  retry_at_.reset();
  if (!connecting_) connecting_.emplace(connect_());
  auto made = connecting_->take();
  if (!made) return false;
  connecting_.reset();
  if (!*made) {
    fault_ = made->error().message;
    if (log_limiter_.is_news(fault_, now)) log::warn("{}; tried again until it works", fault_);
    retry_at_ = now + backoff_.next();
    return made->error();
  }
  connections_ = std::move(**made);
  ++reconnects_;
  return true;
}

void BrokerLink::close() {
  if (!is_up()) return;
  source().close();
  if (dead_letters() != nullptr) dead_letters()->close();
}

}  // namespace event_consumer
