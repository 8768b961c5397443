// WorkerBook: what one worker has in hand, written down at its seams and not by itself; so its own
// figures can be held against it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "tests/simulation/ledger.h"
#include "worker/batch/batch.h"

namespace event_consumer::simulation {

class WorkerBook {
 public:
  // Events that wait for `hold` are given back.
  explicit WorkerBook(Duration hold) : hold_(hold) {}

  // At the source and at the dead-letter queue, of the present link.
  struct Handed {
    EventId event = 0;
    std::size_t bytes = 0;
    bool is_copy = false;    // was delivered before
    bool is_last = false;    // its queue drops it when it is given back
    bool is_late = false;    // came to a consumer that goes
    bool is_misfit = false;  // only others can decide about it
  };
  // … and what became of it in hand.
  struct Entry : Handed {
    TimePoint at{};
    bool is_refused = false;  // by ClickHouse, as a row
    bool is_letter = false;   // on its way to the dead-letter queue
    bool is_posted = false;   // it was, over this link
    bool did_not_fit = false;
    // Of the batch in which it was posted last.
    std::string token = {};
    std::size_t refusals = 0;  // that may be a row's doing; where it is a part, of the whole
    bool is_in_table = false;  // a view has let its rows in, and nothing else may have
    bool is_doubled = false;   // … and they come again under another token

    bool goes_back() const { return is_late && !is_last; }
  };
  void handed(DeliveryTag tag, const Handed& what, TimePoint now) {
    Entry& entry = in_hand_[tag] = {what, now};
    entry.is_refused = what.is_misfit;
    entry.did_not_fit = is_misnamed_;
    held_bytes_ += what.bytes;
    room_ -= std::min(room_, 2 * what.bytes + kPropertyBytes);
    ++received_;
  }
  // It is the dead-letter queue's to keep from here on.
  void is_letter(DeliveryTag tag) {
    free_bytes(in_hand_[tag]);
    in_hand_[tag].is_letter = true;
  }
  bool has_letter(DeliveryTag tag) const {
    const auto at = in_hand_.find(tag);
    return at != in_hand_.end() && at->second.is_letter;
  }
  // Stored, dead-lettered or rejected.
  void settled(DeliveryTag tag) { settled_ += returned(tag) ? 1 : 0; }
  // Whether it was in hand.
  bool returned(DeliveryTag tag) {
    const auto at = in_hand_.find(tag);
    if (at == in_hand_.end()) return false;
    free_bytes(at->second);
    in_hand_.erase(at);
    return true;
  }
  template <typename IsSuch>
  std::size_t bytes_of_copies(const IsSuch& is_such) const {
    std::size_t bytes = 0;
    for (const auto& [tag, entry] : in_hand_)
      if (entry.is_copy && is_such(entry.event)) bytes += entry.bytes;
    return bytes;
  }
  bool is_copy_in_hand(DeliveryTag tag) const { return has(tag) && in_hand_.at(tag).is_copy; }
  // Whether any in hand is such.
  template <typename IsSuch>
  bool has_any(const IsSuch& is_such) const {
    return std::any_of(in_hand_.begin(), in_hand_.end(),
                       [&is_such](const auto& each) { return is_such(each.second); });
  }
  // How many copies of such events are in hand.
  template <typename IsSuch>
  std::size_t copies_of(const IsSuch& is_such) const {
    return static_cast<std::size_t>(
        std::count_if(in_hand_.begin(), in_hand_.end(), [&is_such](const auto& each) {
          return each.second.is_copy && is_such(each.second.event);
        }));
  }
  // Everything is given back because ClickHouse does not take it.
  void given_back() {
    needs_sign_of_life_ = true;
    if (!fits_nothing()) had_fitting_ = has_gone_ = true;
    waits_for_columns_ = !had_fitting_;
    window_ = 1;
    ++epochs_;
  }
  void clickhouse_lives() { needs_sign_of_life_ = has_let_last_go_ = false; }
  bool needs_sign_of_life() const { return needs_sign_of_life_; }
  // What was at its last delivery has gone to the dead-letter queue: then, too, one may wait for
  // it.
  void last_goes() { has_let_last_go_ = true; }
  bool may_await_sign_of_life() const { return needs_sign_of_life_ || has_let_last_go_; }

  // As the worker was told.
  void set_paused(bool paused) { is_paused_ = paused; }
  bool is_paused() const { return is_paused_; }
  void set_stopping(TimePoint now) {
    if (!stopping_since_) stopping_since_ = now;
  }
  bool is_stopping() const { return stopping_since_.has_value(); }
  // Whether it has begun to stop so lately.
  bool stops_since(Duration time, TimePoint now) const {
    return stopping_since_ && now < *stopping_since_ + time;
  }
  // As the dead-letter queue answered last.
  void set_letters_refused(bool refused) { are_letters_refused_ = refused; }
  bool are_letters_refused() const { return are_letters_refused_; }

  // Whether it has waited for so long that nothing more may be taken, after which all is given
  // back; or did not fit: the table may be put right while that waits for dead letters. What comes
  // after that at its last delivery is taken, and goes with the others where there is no
  // dead-letter queue. A worker sees late what time it is.
  bool has_waited(DeliveryTag tag, TimePoint now) const {
    const auto at = in_hand_.find(tag);
    return at == in_hand_.end() || at->second.did_not_fit || at->second.is_late ||
           is_old(at->second, now);
  }
  // By its own figures after the latest turn: more may be held by so many bytes; none when its dead
  // letters wait.
  void set_room(std::size_t bytes) { room_ = bytes; }
  // Whether the worker may take nothing more, though the broker would send more.
  bool may_cancel(TimePoint now) const {
    return is_paused_ || is_stopping() || are_letters_refused_ || room_ == 0 ||
           (!in_hand_.empty() && is_old(in_hand_.begin()->second, now));
  }
  // The worker knows of columns that no event fits; or of others, from here on.
  void set_misnamed(bool misnamed) {
    is_misnamed_ = misnamed;
    for (auto& [tag, entry] : in_hand_) entry.did_not_fit |= misnamed;
  }
  // Whether there is nothing but misfits in hand, and others have room beside them. None may be on
  // its way to the dead-letter queue, or have gone there: all goes as it did. Of a copy it may be
  // unknown whether it is stored.
  bool has_room_beside_misfits(std::size_t prefetch, std::size_t most_bytes) const {
    const std::size_t most = std::max(prefetch, kLeastUndecided);
    return !is_misnamed_ && !has_gone_ && in_hand_.size() < most && held_bytes_ < most_bytes &&
           !in_hand_.empty() && std::all_of(in_hand_.begin(), in_hand_.end(), [](const auto& each) {
             return each.second.is_misfit && !each.second.is_copy && !each.second.is_letter &&
                    !each.second.goes_back();
           });
  }
  // Whether others have room beside letters.
  bool has_room_beside_letters(std::size_t prefetch) const {
    return !in_hand_.empty() && in_hand_.size() < std::max(prefetch, kLeastUndecided) && room_ > 0;
  }

  // It takes more from here on; or something goes that could not be stored, as if all went.
  void consumes(TimePoint now) {
    if (!consuming_since_) consuming_since_ = now;
    waits_for_columns_ = had_fitting_ = false;
    has_gone_ = has_any([](const Entry& each) { return each.is_letter; });
  }
  void goes_for_good(DeliveryTag tag) {
    has_gone_ = true;
    had_fitting_ |= !is_misnamed_ && !in_hand_[tag].is_misfit;
  }
  // Whether it may be that it takes nothing more before it knows other columns: all that it had in
  // hand fitted none of these, before anything went.
  bool waits_for_columns() const { return waits_for_columns_; }

  // It knows other columns than before, since when nothing was stored.
  void knows_columns(TimePoint now) {
    has_witness_ = false;
    columns_since_ = now;
  }
  // A message was stored in these columns.
  void has_stored_in_them() { has_witness_ = true; }
  bool has_witness() const { return has_witness_; }
  // Since when it knows the columns.
  TimePoint columns_since() const { return columns_since_; }

  // Whether only others can decide about what is in hand, or it waits for a broker that blocks
  // publishers until its queues are emptied.
  bool is_undecided(bool are_letters_blocked = false) const {
    if (is_misnamed_) return !in_hand_.empty();
    return !in_hand_.empty() &&
           std::all_of(in_hand_.begin(), in_hand_.end(), [&](const auto& each) {
             return each.second.is_refused || (are_letters_blocked && each.second.is_letter);
           });
  }
  // The most that it may take ahead: after everything was given back one, after a lost link so
  // many as were settled on it, and twice as many after each insert that is stored; and four times
  // as many when it cancels because only others can decide about what is in hand. But then links
  // must not break, or this one have proved good.
  std::size_t window() const { return window_; }
  void cancels(bool are_letters_blocked, TimePoint now) {
    const bool is_good = consuming_since_ && now - *consuming_since_ >= kGoodLink;
    if (is_undecided(are_letters_blocked) && (is_good || !links_break_))
      window_ = std::min(4 * window_, kLargestWindow);
  }

  // A good event is said to be bad. Whether that can be: not of many with nothing stored between.
  bool may_condemn() { return ++condemned_ <= kMostCondemned; }

  // So many may be recognised, and not acknowledged.
  void link_over(std::size_t recognised) {
    failures_.clear();
    in_hand_.clear();
    are_letters_refused_ = false;
    window_ = std::clamp<std::size_t>(settled_ + recognised, 1, window_);
    links_break_ = links_break_ || settled_ + recognised == 0;
    consuming_since_.reset();
    settled_ = 0;
    held_bytes_ = 0;
    ++epochs_;
  }

  // At the inserter: which deliveries the batch is of, which of them are stored with this post, and
  // that the worker knows that it is.
  struct Post {
    std::size_t epoch = 0;
    std::vector<DeliveryTag> tags;
    std::vector<DeliveryTag> completed;
  };
  Post post(const Batch& batch) const {
    // An orphan is of deliveries that are gone.
    if (batch.is_orphan()) return {};
    Post post{epochs_, {}, {}};
    for (const Batch::Run& run : batch.runs()) post.tags.push_back(run.message.tag);
    for (const DeliveryId message : batch.completed()) post.completed.push_back(message.tag);
    return post;
  }
  EventId event_of(DeliveryTag tag) const { return in_hand_.at(tag).event; }
  // Everything in hand; or what is still in hand of that post.
  template <typename Do>
  void for_each(const Do& act) {
    for (auto& [tag, entry] : in_hand_) act(entry);
  }
  template <typename Do>
  void for_each(const Post& post, const Do& act) {
    if (post.epoch != epochs_) return;
    for (const DeliveryTag tag : post.tags)
      if (has(tag)) act(in_hand_[tag]);
  }
  // The inserter works on that, or on nothing any more.
  void begins(const Post& post) {
    for_each(post, [](Entry& entry) { entry.is_posted = true; });
    under_way_ = post;
  }
  void has_ended() { under_way_ = {}; }
  bool is_under_way(DeliveryTag tag) const {
    return under_way_.epoch == epochs_ &&
           std::count(under_way_.tags.begin(), under_way_.tags.end(), tag) > 0;
  }
  // Whether a post was refused then or later, for no clear reason, and none was stored since.
  bool is_refused_since(TimePoint time) const {
    return !refusals_.empty() && refusals_.back() >= time;
  }
  void refused(const Post& post) {
    for_each(post, [](Entry& entry) { entry.is_refused = true; });
  }
  void stored(const Post& post) {
    clickhouse_lives();
    condemned_ = 0;
    failures_.clear();
    refusals_.clear();
    cuts_.clear();
    if (post.epoch != epochs_) return;
    window_ = std::min<std::size_t>(2 * window_, kLargestWindow);
    links_break_ = false;
    // What the dead-letter queue is to keep has its verdict from there.
    for (const DeliveryTag tag : post.completed)
      if (!has_letter(tag)) settled(tag);
  }

  // A post has failed in a way that passes by itself. Whether that can be: there are pauses between
  // those that fail over one link, which grow.
  bool may_have_failed(TimePoint now) {
    failures_.push_back(now);
    if (failures_.size() > kFailures) failures_.pop_front();
    return failures_.size() < kFailures || now - failures_.front() >= kPausesBetween;
  }

  // A post was refused for no clear reason. Whether that can be: of those that may follow at once,
  // after a witness and beside a part that was stored, there are a few.
  bool may_be_refused(TimePoint now) {
    refusals_.push_back(now);
    if (refusals_.size() > kMostRefusals) refusals_.pop_front();
    return refusals_.size() < kMostRefusals || now - refusals_.front() >= kRefusalsIn;
  }
  // The same of a post that is no message set apart: those have the pace of the backoff, but for
  // six after a part that was stored, and eight messages that stand alone with nothing behind them;
  // and the backoff lets six pass in that time.
  bool may_be_cut(TimePoint now) {
    cuts_.push_back(now);
    if (cuts_.size() > kMostCuts) cuts_.pop_front();
    return cuts_.size() < kMostCuts || now - cuts_.front() >= kCutsIn;
  }

  // The worker has said something to its neighbours, or heard of them.
  void acts() { ++acts_; }
  std::uint64_t acts_so_far() const { return acts_; }

  // Whether it has no verdict that the worker could know of.
  bool has(DeliveryTag tag) const { return in_hand_.count(tag) > 0; }

  std::uint64_t received() const { return received_; }
  std::size_t in_hand() const { return in_hand_.size(); }
  // Of bodies that nobody else keeps.
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  static constexpr std::size_t kMostCondemned = 8;
  static constexpr std::size_t kPropertyBytes = 16;   // with a routing key
  static constexpr std::size_t kLeastUndecided = 16;  // PrefetchWindow
  static constexpr std::size_t kLargestWindow = 1'000'000;
  static constexpr std::chrono::seconds kGoodLink{10};  // BrokerLink
  static constexpr std::chrono::seconds kLongestSleep{2};
  static constexpr std::size_t kMostRefusals = 60;
  static constexpr std::chrono::seconds kRefusalsIn{10};
  static constexpr std::size_t kMostCuts = 20;
  static constexpr std::chrono::seconds kCutsIn{3};
  static constexpr std::size_t kFailures = 6;
  static constexpr std::chrono::milliseconds kPausesBetween{500};

  bool is_old(const Entry& entry, TimePoint now) const {
    return now - entry.at >= hold_ / 2 - kLongestSleep;
  }
  bool fits_nothing() const {
    return is_misnamed_ || std::all_of(in_hand_.begin(), in_hand_.end(),
                                       [](const auto& each) { return each.second.is_misfit; });
  }
  void free_bytes(Entry& entry) {
    held_bytes_ -= entry.bytes;
    entry.bytes = 0;
  }

  Duration hold_;
  std::map<DeliveryTag, Entry> in_hand_;
  std::size_t held_bytes_ = 0;
  std::size_t epochs_ = 1;  // each ends when all in hand is gone, with the link or given back
  bool needs_sign_of_life_ = false;
  bool has_let_last_go_ = false;
  bool is_misnamed_ = false;
  bool is_paused_ = false;
  std::size_t room_ = 0;  // bytes, of messages and of their rows
  std::optional<TimePoint> stopping_since_;
  bool are_letters_refused_ = false;
  std::size_t window_ = kLargestWindow;
  bool links_break_ = false;  // one was lost with nothing settled, and nothing was stored since
  std::optional<TimePoint> consuming_since_;  // over the present link
  std::size_t settled_ = 0;                   // over it
  std::size_t condemned_ = 0;                 // good events, since an insert was stored
  std::deque<TimePoint> failures_;
  std::deque<TimePoint> refusals_;
  std::deque<TimePoint> cuts_;
  Post under_way_;
  bool has_witness_ = false;
  bool has_gone_ = false;     // something, for good, since it took more
  bool had_fitting_ = false;  // among what went for good since it took more
  bool waits_for_columns_ = false;
  TimePoint columns_since_{};
  std::uint64_t received_ = 0;
  std::uint64_t acts_ = 0;
};

}  // namespace event_consumer::simulation
