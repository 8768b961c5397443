// WorkerBook: what one worker has in hand, written down at its seams and not by itself; so its own
// figures can be held against it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "common/clock.h"
#include "tests/simulation/ledger.h"
#include "worker/message/delivery.h"

namespace event_consumer::simulation {

class WorkerBook {
 public:
  // At the source and at the dead-letter queue, of the present link.
  void handed(DeliveryTag tag, EventId event, std::size_t bytes) {
    in_hand_[tag] = {event, bytes};
    held_bytes_ += bytes;
    ++received_;
  }
  // It is the dead-letter queue's to keep from here on.
  void is_letter(DeliveryTag tag) { free_bytes(in_hand_[tag]); }
  void has_verdict(DeliveryTag tag) {
    const auto at = in_hand_.find(tag);
    if (at == in_hand_.end()) return;
    free_bytes(at->second);
    in_hand_.erase(at);
  }
  // Everything is given back because ClickHouse does not take it.
  void given_back() { needs_sign_of_life_ = true; }
  void clickhouse_lives() { needs_sign_of_life_ = false; }
  bool needs_sign_of_life() const { return needs_sign_of_life_; }

  // As the worker was told.
  void set_paused(bool paused) { is_paused_ = paused; }
  bool is_paused() const { return is_paused_; }

  // A good event is said to be bad. Whether that can be: not of many with nothing stored between.
  bool may_condemn() { return ++condemned_ <= kMostCondemned; }

  void link_over() {
    failures_.clear();
    in_hand_.clear();
    held_bytes_ = 0;
    ++links_;
  }

  // At the inserter: which deliveries a post is of, and that the worker knows that it is stored.
  struct Post {
    std::size_t link = 0;
    std::vector<DeliveryTag> tags;
  };
  Post post(const std::vector<EventId>& events) const {
    Post post{links_, {}};
    for (const EventId event : events)
      for (const auto& [tag, entry] : in_hand_)
        if (entry.event == event) post.tags.push_back(tag);
    return post;
  }
  void stored(const Post& post) {
    clickhouse_lives();
    condemned_ = 0;
    failures_.clear();
    if (post.link != links_) return;
    for (const DeliveryTag tag : post.tags) has_verdict(tag);
  }

  // A post has failed in a way that passes by itself. Whether that can be: there are pauses between
  // those that fail over one link, which grow.
  bool may_have_failed(TimePoint now) {
    failures_.push_back(now);
    if (failures_.size() > kFailures) failures_.pop_front();
    return failures_.size() < kFailures || now - failures_.front() >= kPausesBetween;
  }

  // Whether it has no verdict that the worker could know of.
  bool has(DeliveryTag tag) const { return in_hand_.count(tag) > 0; }

  std::uint64_t received() const { return received_; }
  std::size_t in_hand() const { return in_hand_.size(); }
  // Of bodies that nobody else keeps.
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  struct Entry {
    EventId event = 0;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kMostCondemned = 8;
  static constexpr std::size_t kFailures = 6;
  static constexpr std::chrono::milliseconds kPausesBetween{500};

  void free_bytes(Entry& entry) {
    held_bytes_ -= entry.bytes;
    entry.bytes = 0;
  }

  std::map<DeliveryTag, Entry> in_hand_;
  std::size_t held_bytes_ = 0;
  std::size_t links_ = 0;
  bool needs_sign_of_life_ = false;
  bool is_paused_ = false;
  std::size_t condemned_ = 0;  // good events, since an insert was stored
  std::deque<TimePoint> failures_;
  std::uint64_t received_ = 0;
};

}  // namespace event_consumer::simulation
