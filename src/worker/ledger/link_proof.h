// LinkProof: when the broker is asked whether it has taken everything, and what its answers prove:
// that the link was there when it was asked, and that what was acknowledged before is. Only
// decisions.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "common/clock.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class LinkProof {
 public:
  static constexpr std::chrono::seconds kLongestSilence{60};

  struct Question {
    TimePoint asked_at;
    DeliveryTag acknowledged;  // everything up to here was
  };

  // There is another link.
  void link_made(TimePoint now) {
    *this = LinkProof();
    asked_at_ = now;
  }

  // Whether it is time to ask: once a second for as long as an acknowledgement is not confirmed;
  // at once when somebody wants to know about a time after the last question; and else so often
  // that others know when a worker that dies was last there, for which any turn will do. One
  // question at a time.
  bool is_due(DeliveryTag acknowledged, std::optional<TimePoint> wanted_at, TimePoint now) const {
    if (!questions_.empty()) return false;
    if (wanted_at && asked_at_ <= *wanted_at) return true;
    return now - asked_at_ >= (acknowledged > confirmed_ ? kPeriod : kLongestSilence);
  }
  std::optional<TimePoint> deadline(DeliveryTag acknowledged) const {
    if (!questions_.empty() || acknowledged <= confirmed_) return std::nullopt;
    return asked_at_ + kPeriod;
  }

  void asked(DeliveryTag acknowledged, TimePoint now) {
    questions_.push_back({now, acknowledged});
    asked_at_ = now;
  }
  // The channel answers in order.
  std::optional<Question> answered() {
    if (questions_.empty()) return std::nullopt;
    const Question question = questions_.front();
    questions_.pop_front();
    confirmed_ = question.acknowledged;
    return question;
  }
  bool has_all_answers() const { return questions_.empty(); }

 private:
  static constexpr std::chrono::seconds kPeriod{1};

  std::deque<Question> questions_;  // that are not answered
  TimePoint asked_at_{};
  DeliveryTag confirmed_ = 0;
};

}  // namespace event_consumer
