// Thousands of random events by seed; after each of them everything a settlement promises is
// checked.
#include <random>
#include <set>

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/loop/settlement.h"

namespace event_consumer {
namespace {

using testing::SettlementRig;
using Kind = InsertOutcome::Kind;

class RandomRun {
 public:
  explicit RandomRun(std::uint32_t seed)
      : random_(seed),
        with_dead_letters_(number(0, 3) > 0),
        rows_(number(1, 6)),
        prefetch_(number(1, 20)),
        rig_(rows_, prefetch_, number(40, 100),
             with_dead_letters_ ? SettlementRig::DeadLetters::kYes
                                : SettlementRig::DeadLetters::kNo) {
    rig_.source.on_acknowledge = [this](DeliveryTag tag) { check_acknowledgement(tag); };
  }

  void run(int steps) {
    for (int i = 0; i < steps && sound_; ++i) {
      step();
      check();
    }
    finish();
  }

 private:
  // Written down by this test, apart from the settlement's own window.
  enum class Fate { kInHand, kStored, kDeadLettered, kSettledAtBroker };

  std::size_t number(std::size_t lowest, std::size_t highest) {
    return std::uniform_int_distribution<std::size_t>(lowest, highest)(random_);
  }

  void step() {
    switch (number(0, 9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return deliver();
      case 4:
      case 5:
        return confirm();
      case 6:
      case 7:
        return answer();
      case 8:
        return rig_.wait(std::chrono::milliseconds(number(0, 2000)));
      default:
        if (rig_.settlement.deadline()) rig_.wait_for_deadline();
    }
  }

  void deliver() {
    if (!rig_.settlement.may_take() || unacknowledged() >= prefetch_) return;
    const std::size_t dice = number(0, 99);
    if (dice < 3) {
      fates_.push_back(Fate::kSettledAtBroker);
      rig_.give_back();
    } else if (dice < 25) {
      fates_.push_back(with_dead_letters_ ? Fate::kInHand : Fate::kSettledAtBroker);
      rig_.take(dice < 6 ? std::string(101, 'x') : "bad");
    } else {
      fates_.push_back(Fate::kInHand);
      good_.push_back(rig_.last_tag + 1);
      rig_.take(R"({"code":")" + std::string(number(0, 20), 'c') + "\"}");
    }
  }

  void confirm() {
    if (!rig_.dead_letters.has_unconfirmed()) return;
    const DeliveryTag tag = rig_.dead_letters.confirm();
    fates_[tag - 1] = Fate::kDeadLettered;
    rig_.failed = !rig_.settlement.dead_lettered(tag).ok();
  }

  void answer() {
    if (!rig_.inserter.under_way) return;
    require(rig_.inserter.is_unchanged(), "the batch changed while it was posted");
    const std::size_t dice = number(0, 9);
    const Kind kind = dice < 6 ? Kind::kStored : dice < 8 ? Kind::kRefused : Kind::kUnknown;
    if (kind == Kind::kStored)
      for (const DeliveryTag tag : rig_.inserter.posts.back().tags) fates_[tag - 1] = Fate::kStored;
    rig_.answer(kind);
    last_failed_ = kind != Kind::kStored;
  }

  // As the broker sees it.
  std::size_t unacknowledged() const {
    std::size_t count = 0;
    for (DeliveryTag tag = rig_.source.acknowledged_to() + 1; tag <= rig_.last_tag; ++tag)
      if (!is_settled_at_broker(tag)) ++count;
    return count;
  }

  std::size_t count(Fate fate) const {
    std::size_t found = 0;
    for (const Fate f : fates_)
      if (f == fate) ++found;
    return found;
  }

  void check_acknowledgement(DeliveryTag tag) {
    require(tag > acknowledged_, "acknowledged tags do not rise");
    require(!is_settled_at_broker(tag), "acknowledged a tag that is settled");
    for (DeliveryTag t = acknowledged_ + 1; t <= tag; ++t)
      require(fates_[t - 1] != Fate::kInHand, "acknowledged an unsettled delivery");
    acknowledged_ = tag;
  }

  bool is_settled_at_broker(DeliveryTag tag) const {
    return fates_[tag - 1] == Fate::kSettledAtBroker || alone_.count(tag) > 0;
  }

  void check_acknowledged_alone() {
    const std::vector<DeliveryTag>& tags = rig_.source.acknowledged_alone;
    for (; alone_.size() < tags.size() && sound_;) {
      const DeliveryTag tag = tags[alone_.size()];
      require(fates_[tag - 1] == Fate::kStored || fates_[tag - 1] == Fate::kDeadLettered,
              "acknowledged an unsettled delivery alone");
      require(alone_.insert(tag).second, "acknowledged twice");
    }
  }

  void check() {
    check_acknowledged_alone();
    require(!rig_.failed, "an event was answered with an error");
    require(rig_.inserter.overlaps == 0, "two posts under way");
    require(rig_.inserter.under_way == rig_.settlement.request_under_way(), "who posts?");
    check_posts();
    const InFlight& window = rig_.settlement.in_flight();
    require(window.in_hand() == count(Fate::kInHand), "in hand");
    require(window.count(Verdict::kStored) == count(Fate::kStored), "stored");
    require(window.count(Verdict::kDeadLettered) == count(Fate::kDeadLettered), "dead-lettered");
    require(window.count(Verdict::kRejected) == rig_.source.rejected.size(), "rejected");
    require(window.count(Verdict::kReturned) == rig_.source.given_back.size(), "returned");
    std::size_t sum = 0;
    for (std::size_t v = 0; v < kVerdictCount; ++v) sum += window.count(static_cast<Verdict>(v));
    require(sum == rig_.last_tag, "received = sum of verdicts");
    require(window.unacknowledged() == unacknowledged(), "unacknowledged");
    require(unacknowledged() < prefetch_ || unacknowledged() == window.in_hand(),
            "what is settled keeps the window full");
    // The broker sends nothing more: no row may wait for company.
    if (unacknowledged() >= prefetch_ && next_good_ < good_.size())
      require(rig_.inserter.under_way || last_failed_, "a full window waits");
    // Nothing settled waits for its acknowledgement.
    if (acknowledged_ < rig_.last_tag) {
      const bool is_in_hand = fates_[acknowledged_] == Fate::kInHand;
      require(is_in_hand || is_settled_at_broker(acknowledged_ + 1), "an acknowledgement is due");
    }
  }

  // A repeat is the post before it; any other goes on where the last new one ended.
  void check_posts() {
    for (; checked_posts_ < rig_.posts(); ++checked_posts_) {
      const auto& post = rig_.post(checked_posts_);
      require(post.tags.size() <= rows_, "too many rows in a batch");
      if (last_failed_) {
        const auto& before = rig_.post(checked_posts_ - 1);
        require(post.token == before.token && post.bytes == before.bytes &&
                    post.tags == before.tags && post.batch == before.batch,
                "a repeat differs");
      } else {
        for (const DeliveryTag tag : post.tags)
          require(next_good_ < good_.size() && good_[next_good_++] == tag, "rows out of order");
        if (checked_posts_ > 0)
          require(post.token != rig_.post(checked_posts_ - 1).token, "a token used twice");
      }
    }
  }

  // With servers that work again everything gets its verdict within a moment.
  void finish() {
    rig_.drain();
    const bool was_waiting = last_failed_ && !rig_.inserter.under_way;
    while (rig_.dead_letters.has_unconfirmed()) confirm();
    while (rig_.inserter.under_way) {
      for (const DeliveryTag tag : rig_.inserter.posts.back().tags) fates_[tag - 1] = Fate::kStored;
      rig_.store();
    }
    require(rig_.settlement.drained(), "not drained");
    const bool given_up = rig_.in_hand() > 0;
    require(!given_up || was_waiting, "given up without a failure");
    if (!given_up) require(unacknowledged() == 0, "something was not acknowledged");
    require(count(Fate::kInHand) == rig_.in_hand(), "in hand at the end");
  }

  void require(bool holds, const char* what) {
    if (holds || !sound_) return;
    sound_ = false;
    FAIL_CHECK(what << ", at delivery " << rig_.last_tag << ", post " << rig_.posts());
  }

  std::mt19937 random_;
  bool with_dead_letters_;
  std::size_t rows_;
  std::size_t prefetch_;
  SettlementRig rig_;

  std::vector<Fate> fates_;        // of tag i + 1
  std::vector<DeliveryTag> good_;  // those that are rows, in order
  std::size_t next_good_ = 0;
  std::size_t checked_posts_ = 0;
  bool last_failed_ = false;  // the latest answer: the next post is a repeat
  DeliveryTag acknowledged_ = 0;
  std::set<DeliveryTag> alone_;  // acknowledged, each of its own
  bool sound_ = true;
};

TEST_CASE("settlement: keeps its promises whatever happens in whatever order", "[settlement]") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    RandomRun(seed).run(500);
  }
}

TEST_CASE("settlement: keeps its promises for long", "[settlement]") {
  for (std::uint32_t seed = 1000; seed < 1003; ++seed) {
    INFO("seed " << seed);
    RandomRun(seed).run(5000);
  }
}

}  // namespace
}  // namespace event_consumer
