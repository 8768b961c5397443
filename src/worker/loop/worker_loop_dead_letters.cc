// The part of the worker that minds the dead-letter queue: its confirms, its refusals, its size.
#include "common/log.h"
#include "worker/loop/worker_loop.h"

namespace event_consumer {
namespace {

// The dead-letter queue is counted so often, and complained about from so many messages on.
constexpr std::chrono::seconds kDeadLetterCountPeriod{10};
constexpr std::uint64_t kManyDeadLetters = 100'000;

}  // namespace

Result<Done> WorkerLoop::read_dead_letters(TimePoint now) {
  if (parts_.dead_letters == nullptr) return Done{};
  for (;;) {
    auto tag = parts_.dead_letters->next_confirmed();
    if (!tag && tag.error().kind != ErrorKind::kConfiguration) return tag.error();
    if (!tag)
      pause_dead_letters(tag.error(), now);
    else if (!tag->has_value())
      return probe_dead_letters(now);
    else if (auto done = parts_.settlement.dead_lettered(**tag); !done)
      return done;
  }
}

// hold_or_resume() takes no more deliveries from here on.
void WorkerLoop::pause_dead_letters(const Error& error, TimePoint now) {
  parts_.row.set_last_error(error.message, now);
  if (error.message != dead_letter_fault_)
    log::warn(
        "{}; nothing is lost, no deliveries are taken, and it is tried again until it works: its "
        "policy, its arguments or the rights of the user are to be changed",
        error.message);
  dead_letter_fault_ = error.message;
  probe_dead_letters_at_ = now + dead_letter_backoff_.next();
}

Result<Done> WorkerLoop::probe_dead_letters(TimePoint now) {
  if (probe_dead_letters_at_ && now >= *probe_dead_letters_at_) {
    probe_dead_letters_at_.reset();
    // Who is not let in any more goes the way of a lost link, which reads the password anew.
    if (auto done = parts_.dead_letters->try_again(); !done) return done;
  }
  if (!dead_letter_fault_.empty() && !parts_.dead_letters->refuses()) {
    log::info("the dead-letter queue of {} takes messages again", parts_.source.describe());
    dead_letter_fault_.clear();
    dead_letter_backoff_.reset();
  }
  return Done{};
}

Result<Done> WorkerLoop::count_dead_letters(TimePoint now) {
  if (parts_.dead_letters == nullptr) return Done{};
  const std::uint64_t count = parts_.dead_letters->message_count();
  if (count > kManyDeadLetters && !warned_of_dead_letters_)
    log::warn(
        "{} messages lie in the dead-letter queue of {}: event-consumer dead-letters list shows "
        "why",
        count, parts_.source.describe());
  warned_of_dead_letters_ = count > kManyDeadLetters;
  parts_.row.record().dead_letter_queue_messages = count;
  if (now < count_dead_letters_at_) return Done{};
  count_dead_letters_at_ = now + kDeadLetterCountPeriod;
  return parts_.dead_letters->ask_message_count();
}

}  // namespace event_consumer
