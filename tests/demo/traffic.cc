#include "tests/demo/traffic.h"

#include <algorithm>
#include <stdexcept>

#include "tests/demo/print.h"
#include "tests/support/amqp_client.h"
#include "tests/support/click_events.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kPublishedPerLook = 500;
constexpr auto kNothingArrives = seconds(30);

// The broken messages lie evenly among the good ones.
constexpr std::uint64_t kBrokenEvery = kDemoEvents / kAllBrokenKinds.size();

std::string message(const ClickEvents& events, std::uint64_t index) {
  const std::uint64_t kind = index / kBrokenEvery;
  if (index % kBrokenEvery == kBrokenEvery / 2 && kind < kAllBrokenKinds.size()) {
    return broken_message(kAllBrokenKinds[kind], index);
  }
  return events.json_at(index);
}

// Counts what has arrived and shows it, on a terminal in one line that is written over.
class Watch {
 public:
  explicit Watch(const Stage& stage) : stage_(stage), onlooker_(stage.rabbitmq().url()) {}

  // Looks when it is time to. Throws when the service has ended or is stuck.
  void look(std::uint64_t published);
  bool all_arrived() const { return arrived() == kDemoEvents; }
  const Counts& counts() const { return counts_; }

 private:
  std::uint64_t arrived() const { return counts_.stored + counts_.dead_lettered; }
  void count();

  const Stage& stage_;
  AmqpClient onlooker_;
  Counts counts_;
  const TimePoint start_ = Clock::now();
  TimePoint next_look_ = start_;
  TimePoint last_arrival_ = start_;
};

void Watch::count() {
  // Not from the table itself: the service has yet to create it.
  counts_.stored = std::stoull(stage_.clickhouse().query(
      "SELECT sum(rows) FROM system.parts WHERE active AND database = 'url_shortener' AND "
      "table = 'click_events'"));
  const char* const queue = "click_events.dead";
  if (onlooker_.queue_exists(queue)) counts_.dead_lettered = onlooker_.message_count(queue);
}

void Watch::look(std::uint64_t published) {
  throw_if_interrupted();
  const TimePoint now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + (is_terminal() ? milliseconds(200) : seconds(1));
  stage_.check_service();
  const std::uint64_t arrived_before = arrived();
  count();
  counts_.published = published;
  if (arrived() != arrived_before) last_arrival_ = now;
  if (now - last_arrival_ > kNothingArrives) {
    throw std::runtime_error("nothing arrives any more; " + tail_of_file(stage_.service_log()));
  }
  const double passed_seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(counts_.stored) / std::max(passed_seconds, 0.001);
  print_progress("published " + grouped(published, 7) + "   stored " + grouped(counts_.stored, 7) +
                 "   dead-lettered " + grouped(counts_.dead_lettered, 2) + "   " +
                 grouped(static_cast<std::uint64_t>(rate), 6) + " stored/s");
}

}  // namespace

std::uint64_t broken_events() { return kAllBrokenKinds.size(); }

Counts run_traffic(const Stage& stage) {
  const ClickEvents events;
  AmqpClient publisher(stage.rabbitmq().url());
  Watch watch(stage);
  for (std::uint64_t index = 0; index < kDemoEvents; ++index) {
    publisher.publish("url_shortener", "click_events", message(events, index));
    if (index % kPublishedPerLook == 0) watch.look(index);
  }
  // More than all would be a failure too, which the caller finds.
  wait_until(
      [&] {
        watch.look(kDemoEvents);
        return watch.all_arrived();
      },
      seconds(90));
  end_progress();
  return watch.counts();
}

}  // namespace event_consumer::testing
