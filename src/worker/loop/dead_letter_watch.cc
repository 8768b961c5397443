#include "worker/loop/dead_letter_watch.h"

#include <chrono>

#include "common/log.h"

namespace event_consumer {
namespace {

// The dead-letter queue is counted so often, and complained about from so many messages on.
constexpr std::chrono::seconds kCountPeriod{10};
constexpr std::uint64_t kManyMessages = 100'000;

}  // namespace

DeadLetterWatch::DeadLetterWatch(Settlement& settlement, WorkerStatus& status)
    : settlement_(settlement),
      status_(status),
      backoff_(std::chrono::milliseconds(500), std::chrono::seconds(5)) {}

void DeadLetterWatch::link_made(const std::string& queue) {
  queue_ = queue;
  probe_at_.reset();
  fault_.clear();
}

Result<Done> DeadLetterWatch::work(DeadLetterSink& letters, TimePoint now) {
  if (auto done = read_confirms(letters, now); !done) return done;
  if (auto done = probe(letters, now); !done) return done;
  return count(letters, now);
}

Result<Done> DeadLetterWatch::read_confirms(DeadLetterSink& letters, TimePoint now) {
  for (;;) {
    const auto tag = letters.next_confirmed();
    if (!tag && tag.error().kind != ErrorKind::kConfiguration) return tag.error();
    if (!tag)
      refused(tag.error(), now);
    else if (!tag.value())
      return Done{};
    else if (auto done = settlement_.dead_lettered(*tag.value()); !done)
      return done;
  }
}

// Intake takes no more deliveries from here on.
void DeadLetterWatch::refused(const Error& error, TimePoint now) {
  status_.set_last_error(error.message, now);
  if (error.message != fault_)
    log::warn(
        "{}; nothing is lost, no deliveries are taken, and it is tried again until it works: its "
        "node is to be started, or its policy, its arguments or the rights of the user are to be "
        "changed",
        error.message);
  fault_ = error.message;
  probe_at_ = now + backoff_.next();
}

Result<Done> DeadLetterWatch::probe(DeadLetterSink& letters, TimePoint now) {
  if (probe_at_ && now >= *probe_at_) {
    probe_at_.reset();
    // Who is not let in any more goes the way of a lost link, which reads the password anew.
    if (auto done = letters.try_again(); !done) return done;
  }
  if (!fault_.empty() && !letters.refuses()) {
    log::info("the dead-letter queue of {} takes messages again", queue_);
    fault_.clear();
    backoff_.reset();
  }
  return Done{};
}

Result<Done> DeadLetterWatch::count(DeadLetterSink& letters, TimePoint now) {
  const std::uint64_t messages = letters.message_count();
  if (messages > kManyMessages && !has_warned_)
    log::warn(
        "{} messages lie in the dead-letter queue of {}: event-consumer dead-letters list shows "
        "why",
        messages, queue_);
  has_warned_ = messages > kManyMessages;
  status_.record().dead_letter_queue_messages = messages;
  if (now < count_at_) return Done{};
  count_at_ = now + kCountPeriod;
  return letters.ask_message_count();
}

}  // namespace event_consumer
