// FakeDeadLetters: a dead-letter queue that remembers what was published and confirms nothing by
// itself: the test confirms in its place.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/message/dead_letter_sink.h"

namespace event_consumer::testing {

class FakeDeadLetters : public DeadLetterSink {
 public:
  struct Letter {
    DeliveryTag tag;
    std::string body;
    Rejection rejection;
  };

  Result<Done> publish(const Delivery& delivery, const Rejection& rejection) override {
    if (fault) return *fault;
    letters.push_back({delivery.tag, std::string(delivery.body), rejection});
    unconfirmed_.push_back(letters.back());
    return Done{};
  }

  // Without a loop that asks, the test calls confirm() and hands its answer to the settlement.
  Result<std::optional<DeliveryTag>> next_confirmed() override {
    if (lost) return *lost;
    if (refusal) return *std::exchange(refusal, std::nullopt);
    if (to_confirm == 0 || !has_unconfirmed()) return std::optional<DeliveryTag>();
    --to_confirm;
    return std::optional(confirm());
  }

  bool refuses() const override { return refusing; }
  bool is_blocked() const override { return blocked; }
  void forget() override { unconfirmed_.clear(); }

  std::size_t unconfirmed_bytes() const override {
    std::size_t bytes = 0;
    for (const Letter& letter : unconfirmed_) bytes += letter.body.size();
    return bytes;
  }

  Result<Done> try_again() override {
    ++tries;
    refusing = false;
    return Done{};
  }
  Result<Done> ask_message_count() override {
    ++count_questions;
    return Done{};
  }
  std::uint64_t message_count() const override { return messages; }
  int fd() const override { return -1; }
  bool is_sending() const override { return false; }
  void close() override { closed = true; }

  bool has_unconfirmed() const { return !unconfirmed_.empty(); }

  // Takes the oldest unconfirmed letter into the queue. Only when has_unconfirmed().
  DeliveryTag confirm() {
    const DeliveryTag tag = unconfirmed_.front().tag;
    unconfirmed_.pop_front();
    return tag;
  }

  std::vector<Letter> letters;  // all that were published
  bool refusing = false;
  bool blocked = false;
  std::optional<Error> refusal;  // next_confirmed() says so once; set `refusing` with it
  std::optional<Error> lost;     // … or this, as often as it is asked
  std::size_t to_confirm = 0;    // so many next_confirmed() confirms
  std::uint64_t messages = 0;
  int tries = 0;
  int count_questions = 0;
  bool closed = false;
  std::optional<Error> fault;  // while set, publishing fails with it

 private:
  std::deque<Letter> unconfirmed_;
};

}  // namespace event_consumer::testing
