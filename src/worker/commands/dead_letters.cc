#include "worker/commands/dead_letters.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <iostream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/command_output.h"
#include "worker/amqp/dead_letter_queue.h"
#include "worker/amqp/republisher.h"
#include "worker/commands/dead_letter_summary.h"
#include "worker/commands/dead_letter_text.h"

namespace event_consumer {
namespace {

// Letters in hand at once: enough that the confirms of a round cost little per letter.
constexpr std::size_t kRoundLetters = 200;
constexpr std::size_t kRoundBytes = 8 << 20;

// Takes the letters that waited at the start, in rounds of those that are asked for. The others
// stay taken, and so out of the way, until the queue is closed.
class Rounds {
 public:
  // With `spares`, what nobody has rejected is not asked for: --dead-letter-queue may be mistyped,
  // and name a queue of events.
  Rounds(DeadLetterQueue& queue, Republisher& republisher, const DeadLetterArguments& arguments,
         bool spares)
      : queue_(queue),
        republisher_(republisher),
        reason_(arguments.reason),
        spares_(spares),
        limit_(arguments.limit > 0 ? static_cast<std::size_t>(arguments.limit)
                                   : std::numeric_limits<std::size_t>::max()) {}

  // The next round; empty when there are no more.
  Result<std::vector<DeadLetter>> next() {
    std::vector<DeadLetter> round;
    std::size_t bytes = 0;
    while (round.size() < kRoundLetters && bytes < kRoundBytes && chosen_ < limit_ &&
           seen_ < queue_.waiting()) {
      auto letter = take();
      if (!letter) return letter.error();
      if (!letter->has_value()) break;
      ++seen_;
      if (spares_ && !(*letter)->facts().is_dead_letter) {
        ++spared_;
        continue;
      }
      if (!reason_.empty() && (*letter)->facts().reason != reason_) continue;
      ++chosen_;
      bytes += (*letter)->body().size();
      round.push_back(std::move(**letter));
    }
    return round;
  }

  std::size_t spared() const { return spared_; }

 private:
  // The next letter that may come back. One that the broker would drop then is put at the end of
  // the queue at once, from where it comes again: nothing is looked at for the last time.
  Result<std::optional<DeadLetter>> take() {
    for (;;) {
      auto letter = queue_.take();
      if (!letter || !letter->has_value() || !queue_.is_last_delivery(**letter)) return letter;
      if (auto done = republisher_.renew(**letter, queue_.name()); !done) return done.error();
      if (auto done = queue_.acknowledge((*letter)->tag()); !done) return done.error();
    }
  }

  DeadLetterQueue& queue_;
  Republisher& republisher_;
  std::string reason_;
  bool spares_;
  std::size_t spared_ = 0;
  std::size_t limit_;
  std::size_t seen_ = 0;
  std::size_t chosen_ = 0;
};

// Each returns an Error when it had to stop; `done` counts the letters it was done with.

Result<Done> list(Rounds& rounds, bool json, std::size_t& done) {
  for (;;) {
    const auto round = rounds.next();
    if (!round) return round.error();
    if (round.value().empty()) return Done{};
    for (const DeadLetter& letter : round.value()) {
      const auto printed = print(json ? to_json_line(letter.facts(), letter.body())
                                      : to_lines(letter.facts(), letter.body()));
      if (!printed) return printed.error();
      if (!printed.value()) return Done{};
      ++done;
    }
  }
}

Result<Done> summarise(Rounds& rounds, DeadLetterSummary& summary, std::size_t& done) {
  for (;;) {
    const auto round = rounds.next();
    if (!round) return round.error();
    if (round.value().empty()) return Done{};
    for (const DeadLetter& letter : round.value()) summary.add(letter.facts());
    done += round.value().size();
  }
}

// What is taken out goes to `republisher` first, if there is one.
Result<Done> take_out(Rounds& rounds, DeadLetterQueue& queue, Republisher* republisher,
                      std::size_t& done) {
  for (;;) {
    const auto round = rounds.next();
    if (!round) return round.error();
    if (round.value().empty()) return Done{};
    std::vector<bool> is_out(round.value().size(), true);
    Result<Done> published = Done{};
    if (republisher != nullptr) published = republisher->publish(round.value(), is_out);
    for (std::size_t i = 0; i < round.value().size(); ++i) {
      if (!is_out[i]) continue;
      // A broker that has stopped reading would be waited for.
      if (!published && !queue.connection().has_room()) break;
      if (auto removed = queue.acknowledge(round.value()[i].tag()); !removed)
        return published ? removed : published;
      ++done;
    }
    if (!published) return published;
  }
}

std::string stay(const DeadLetterQueue& queue, std::size_t done) {
  return fmt::format("{} stay in {}", queue.waiting() - done, queue.describe());
}

Result<Done> list_and_report(Rounds& rounds, DeadLetterQueue& queue, bool json) {
  std::size_t done = 0;
  auto result = list(rounds, json, done);
  (json ? std::cerr : std::cout) << fmt::format("{} shown, all {}\n", done, stay(queue, 0));
  return result;
}

Result<Done> summarise_and_report(Rounds& rounds, DeadLetterQueue& queue, bool json) {
  std::size_t done = 0;
  DeadLetterSummary summary;
  auto result = summarise(rounds, summary, done);
  const auto printed = print(json ? summary.to_json_lines() : summary.to_lines());
  if (!printed) return printed.error();
  (json ? std::cerr : std::cout) << fmt::format("{} counted, all {}\n", done, stay(queue, 0));
  return result;
}

Result<Done> replay_and_report(Rounds& rounds, DeadLetterQueue& queue, Republisher& republisher,
                               const Options& options) {
  std::size_t done = 0;
  auto result = take_out(rounds, queue, &republisher, done);
  std::cout << fmt::format("{} replayed, {}\n", done, stay(queue, done));
  if (republisher.diverted() > 0)
    std::cout << fmt::format(
        "{} of them went straight to queue {}, because the exchange and routing key that they came "
        "by are unknown, gone or lead nowhere\n",
        republisher.diverted(), options.rabbitmq_queue);
  return result;
}

Result<Done> drop_and_report(Rounds& rounds, DeadLetterQueue& queue) {
  std::size_t done = 0;
  auto result = take_out(rounds, queue, nullptr, done);
  std::cout << fmt::format("{} dropped, {}\n", done, stay(queue, done));
  if (rounds.spared() > 0)
    std::cout << fmt::format(
        "{} of these were rejected by nobody, having neither x-event-consumer-reason nor x-death: "
        "is --dead-letter-queue right? rabbitmqctl purge_queue removes them\n",
        rounds.spared());
  return result;
}

Result<Done> execute(const CommandLine& command_line, DeadLetterQueue& queue) {
  const Options& options = command_line.resolved.options;
  auto republisher = Republisher::open(queue.connection(), options.rabbitmq_queue);
  if (!republisher) return republisher.error();
  Rounds rounds(queue, *republisher, command_line.dead_letters,
                command_line.command == Command::kDropDeadLetters);
  if (command_line.command == Command::kReplayDeadLetters)
    return replay_and_report(rounds, queue, *republisher, options);
  if (command_line.command == Command::kDropDeadLetters) return drop_and_report(rounds, queue);
  const DeadLetterArguments& arguments = command_line.dead_letters;
  return arguments.summary ? summarise_and_report(rounds, queue, arguments.json)
                           : list_and_report(rounds, queue, arguments.json);
}

}  // namespace

Result<Done> run_dead_letters(const CommandLine& command_line) {
  const Options& options = command_line.resolved.options;
  if (options.dead_letter_queue.empty())
    return Error{ErrorKind::kConfiguration,
                 "--dead-letter-queue is empty: there is no dead-letter queue of ours"};
  auto queue = DeadLetterQueue::open(options.rabbitmq_urls,
                                     fmt::format("event-consumer dead-letters pid {}", getpid()),
                                     options.dead_letter_queue);
  if (!queue) return queue.error();
  auto result = execute(command_line, *queue);
  // A link that is gone, or leads to a broker that does not read, has no handshake.
  if (!result && result.error().kind != ErrorKind::kConfiguration) return result;
  auto closed = queue->close();
  return result ? closed : result;
}

}  // namespace event_consumer
