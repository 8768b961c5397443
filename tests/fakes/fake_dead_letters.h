// FakeDeadLetters: a dead-letter queue that remembers what was published and confirms nothing by
// itself: the test confirms in its place.
#pragma once

#include <deque>
#include <optional>
#include <string>
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

  // The test calls confirm() and hands its answer to the settlement; nothing asks the fake.
  Result<std::optional<DeliveryTag>> next_confirmed() override {
    return std::optional<DeliveryTag>();
  }

  bool refuses() const override { return refusing; }
  void forget() override { unconfirmed_.clear(); }

  std::size_t unconfirmed_bytes() const override {
    std::size_t bytes = 0;
    for (const Letter& letter : unconfirmed_) bytes += letter.body.size();
    return bytes;
  }

  Result<Done> try_again() override { return Done{}; }
  Result<Done> ask_message_count() override { return Done{}; }
  std::uint64_t message_count() const override { return 0; }
  int fd() const override { return -1; }
  bool is_sending() const override { return false; }
  void close() override {}

  bool has_unconfirmed() const { return !unconfirmed_.empty(); }

  // Takes the oldest unconfirmed letter into the queue. Only when has_unconfirmed().
  DeliveryTag confirm() {
    const DeliveryTag tag = unconfirmed_.front().tag;
    unconfirmed_.pop_front();
    return tag;
  }

  std::vector<Letter> letters;  // all that were published
  bool refusing = false;
  std::optional<Error> fault;  // while set, publishing fails with it

 private:
  std::deque<Letter> unconfirmed_;
};

}  // namespace event_consumer::testing
