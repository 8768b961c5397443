#include "tests/chaos/chaos_run.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "tests/chaos/chaos_events.h"
#include "tests/chaos/hands.h"
#include "tests/support/amqp_client.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
// So long a fault lasts, with recovery: the events are to last for all of them.
constexpr double kSecondsPerFault = 2;
constexpr unsigned kLeastRate = 200;
constexpr unsigned kMostRate = 20'000;
// There is always a batch for each worker, and what is published is stored soon.
constexpr std::uint32_t kMostWaiting = 10'000;
constexpr auto kPatience = seconds(60);

SteadyLoad load_of(const RunPlan& plan) {
  const double seconds_of_faults = std::max(1.0, plan.faults * kSecondsPerFault);
  const auto rate = static_cast<unsigned>(static_cast<double>(plan.events) / seconds_of_faults);
  const unsigned per_second = std::clamp(rate, kLeastRate, kMostRate);
  return {per_second, std::clamp<std::uint64_t>(per_second / 10, 20, 1000), chaos_message,
          kMostWaiting};
}

std::string url_through(const TcpProxy& proxy) {
  // A link that is dead is noticed in seconds.
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(proxy.port()) + "/?heartbeat=2";
}

}  // namespace

ChaosRun::ChaosRun(const RunPlan& plan, RabbitmqServer& rabbitmq,
                   const ClickhouseEndpoint& endpoint, ServerUnderTest& clickhouse, FaultDeck& deck)
    : plan_(plan),
      rabbitmq_(rabbitmq),
      rabbitmq_under_test_(rabbitmq),
      table_(endpoint, plan.name, plan.table_kind),
      queue_(rabbitmq.url(), plan.name, plan.queue_type, table_,
             [this] {
               return ChaosQueue::Range{stored_below_, publisher_->next_id()};
             }),
      to_rabbitmq_(rabbitmq.port(), trap_.ack_filters()),
      to_clickhouse_(endpoint.http_port(), trap_.insert_filters()),
      instance_(plan.name, plan.queue_type, {url_through(to_rabbitmq_), to_clickhouse_.port()}),
      deck_(deck),
      actions_({instance_, rabbitmq_under_test_, clickhouse, table_, queue_, to_rabbitmq_,
                to_clickhouse_, trap_},
               deck) {
  result_.queue = plan.queue_type;
  result_.deduplicates = plan.table_kind == TableKind::kDeduplicating;
  result_.table = result_.deduplicates ? "deduplicating" : "plain";
  instance_.start();
  // Each that there will ever be has been there once, and has its place in the ledger.
  instance_.reload(ChaosInstance::kWorkers);
  trap_.set_supervisor(instance_.service().pid());
  if (result_.deduplicates && instance_.service().count_in_log("; each event once (") == 0)
    throw std::runtime_error("it is not claimed that each event is stored once:\n" +
                             instance_.service().log());
  publisher_.emplace(std::vector<std::string>{rabbitmq.url()}, plan.name, load_of(plan));
  if (!recover()) throw std::runtime_error("no events move:\n" + instance_.service().log());
}

ChaosRun::~ChaosRun() {
  if (publisher_) publisher_->stop();
}

std::optional<double> ChaosRun::recover() const {
  const std::uint64_t next = publisher_->next_id();
  const TimePoint begin = Clock::now();
  if (!wait_until([&] { return table_.stored_between(next, kEnd) > 0; }, kPatience))
    return std::nullopt;
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

bool ChaosRun::is_stored(std::uint64_t first, std::uint64_t last) const {
  const auto confirmed = publisher_->confirmed_ids(first, last);
  const auto bad = std::count_if(confirmed.begin(), confirmed.end(), is_bad_event);
  return table_.stored_between(first, last) + static_cast<std::uint64_t>(bad) >= confirmed.size();
}

bool ChaosRun::settles() const {
  const TimePoint begin = Clock::now();
  AmqpClient client(rabbitmq_.url());
  return wait_until(
      [&] {
        if (client.message_count(plan_.name) > 0) return false;
        const auto hands = look_at_hands(instance_.status_port());
        const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
        return !hands.empty() && std::all_of(hands.begin(), hands.end(), [&](const Hands& each) {
          return each.oldest_seconds < passed;
        });
      },
      kPatience);
}

bool ChaosRun::pause_and_settle() {
  publisher_->pause();
  const bool done = settles();
  publisher_->resume();
  return done;
}

void ChaosRun::look_around() {
  // Once each fault has been met, whatever takes room has taken it.
  if (result_.faults.size() < kFaultKinds) return;
  if (const auto look = instance_.footprint()) result_.looks.push_back(*look);
}

bool ChaosRun::carry_out_next() {
  const std::uint64_t next = publisher_->next_id();
  const FaultKind kind = deck_.draw();
  // What was published before is then no longer concerned …
  if (!wait_until([&] { return is_stored(stored_below_, next); }, kPatience)) {
    hang("not all that was published before a fault is stored");
    return false;
  }
  // … but for copies that are not yet known again; which is meant to be, where it may double
  // nothing; and so it is where what it takes must be known.
  const bool must_settle = class_of(kind).not_covered != nullptr || takes_events(kind);
  if (must_settle && !pause_and_settle()) {
    hang("not all that was delivered before a fault is settled");
    return false;
  }
  stored_below_ = next;
  look_around();
  Fault fault{kind, next};
  fault.in_hand = actions_.carry_out(kind);
  fault.taken = actions_.taken();
  // What is gone is not waited for.
  if (takes_events(kind)) stored_below_ = publisher_->next_id();
  const auto seconds = recover();
  fault.seconds = seconds.value_or(std::chrono::duration<double>(kPatience).count());
  result_.faults.push_back(fault);
  plan_.on_fault(fault);
  if (!seconds) hang(std::string("no events are stored any more after: ") + class_of(kind).name);
  return seconds.has_value();
}

void ChaosRun::carry_out_faults() {
  // The events are spread among them.
  for (unsigned i = 0; i < plan_.faults; ++i)
    if (!publish_until(plan_.events * i / plan_.faults) || !carry_out_next()) return;
}

bool ChaosRun::publish_until(std::uint64_t events) {
  while (publisher_->confirmed() < events) {
    const std::uint64_t confirmed = publisher_->confirmed();
    if (wait_until([&] { return publisher_->confirmed() > confirmed; }, kPatience)) continue;
    hang("the broker confirms nothing any more");
    return false;
  }
  return true;
}

void ChaosRun::publish_the_rest() {
  publisher_->set_rate(kMostRate);
  publish_until(plan_.events);
  publisher_->stop();
}

std::uint32_t ChaosRun::messages_left() const {
  return AmqpClient(rabbitmq_.url()).message_count(plan_.name);
}

void ChaosRun::drain() {
  if (!wait_until([&] { return is_stored(stored_below_, kEnd); }, 2 * kPatience))
    hang("not everything is stored at the end");
  if (!settles()) hang("not everything is acknowledged at the end");
}

Counts ChaosRun::take_dead_letters() const {
  Counts counts;
  AmqpClient client(rabbitmq_.url());
  const std::string queue = plan_.name + ".dead";
  if (!client.queue_exists(queue)) return counts;
  while (const auto letter = client.get(queue)) {
    const auto id = id_of_message(letter->body);
    if (!id) throw std::runtime_error("a dead letter that nobody has published: " + letter->body);
    count_one(counts, *id);
  }
  return counts;
}

Observed ChaosRun::observe() const {
  Observed observed;
  observed.published = publisher_->next_id();
  observed.confirmed = publisher_->confirmed_ids();
  observed.is_bad = is_bad_event;
  observed.stored = table_.stored();
  observed.has_view = table_.has_view();
  if (observed.has_view) observed.in_view = table_.in_view();
  observed.dead_lettered = take_dead_letters();
  return observed;
}

RunResult ChaosRun::run() {
  carry_out_faults();
  publish_the_rest();
  drain();
  if (instance_.stop() != 0) hang("the service does not stop in order");
  if (messages_left() > 0) hang("messages are left in the queue");
  result_.account = account_for(observe(), result_.faults);
  return result_;
}

}  // namespace event_consumer::testing
