// Recogniser: whether a message that was delivered before is stored already. A copy of a message
// comes over another link only after the broker has given up the link before. So it is looked up
// once every other worker has proven that its link was there after the copy came, or has lost it:
// then whatever was posted of the message is in the ledger, and nobody posts it any more.
//
//   copy ──▶ waits for the other links ──▶ looked up ──▶ found in no post, or in one that was not
//                                              │          stored: an ordinary message
//                                              ├──▶ in one that is stored: recognised
//                                              └──▶ in one whose outcome is not known: waits for
//                                              it.
//                                                   Where nobody finds it out any more, we do.
// Others wait for our own link likewise: it says when the broker is to be asked about that.
#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "worker/batch/batch_queue.h"
#include "worker/ledger/link_proof.h"
#include "worker/ledger/post_ledger.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class Recogniser {
 public:
  struct Decision {
    DeliveryId copy;
    bool is_stored;
  };

  // `ledger` must outlive it.
  explicit Recogniser(PostLedger& ledger) : ledger_(ledger) {}

  // The link. With a lost one, and when all in hand is given back, all that wait are gone.
  void link_made(TimePoint now);
  void link_lost(TimePoint now);
  void given_back(TimePoint now);

  // A message has come, for the first time or not.
  void came(const Fingerprint& message, bool redelivered) { ledger_.came(message, redelivered); }
  // It was delivered before, and waits to be known again.
  void add(DeliveryId copy, const Fingerprint& message, TimePoint now);

  // What is known now, of each copy once; those that are stored are written into the ledger as
  // such. To be called again at deadline().
  std::vector<Decision> decide(TimePoint now);

  // Whether the broker is to be asked whether it has taken everything, when all deliveries up to
  // `acknowledged` are acknowledged; that it was; and its answer, the last one or not.
  bool is_proof_due(DeliveryTag acknowledged, TimePoint now) const;
  void asked(DeliveryTag acknowledged, TimePoint now) { link_proof_.asked(acknowledged, now); }
  bool answered(TimePoint now);

  // When decide() or is_proof_due() has something to do.
  std::optional<TimePoint> deadline(DeliveryTag acknowledged) const;

  // Posts of the dead, to be posted until their outcome is known.
  std::vector<BatchPtr> take_adopted() { return std::exchange(adopted_, {}); }

 private:
  // Of a worker's ring.
  struct Found {
    int row;
    std::uint64_t index;
    PostNumber post;
  };
  struct Copy {
    DeliveryId id;
    Fingerprint message;
    TimePoint added_at;
    std::uint64_t came_at;  // before this MonotonicTime
    bool is_looked_up = false;
    std::optional<Found> found = std::nullopt;
  };
  // At one moment.
  struct Rows {
    std::uint64_t proven_at = kNoLink;  // then all other links were there, or nobody has one
    std::vector<PostNumber> ends;  // of each row, the posts below are of lost links or the dead
  };
  enum class Outcome { kNone, kStored, kUnknown };
  // The rows and indices of entries that other copies have been found in.
  using Taken = std::set<std::pair<int, std::uint64_t>>;

  Rows look_at_rows() const;
  void look_up(TimePoint now);
  void look_up_in(int row, PostNumber end, TimePoint now, const Taken& taken,
                  std::vector<Copy*>& copies);
  Outcome outcome_of(const Found& found) const;
  std::optional<Decision> decide(Copy& copy, TimePoint now);
  bool tick_off(const Copy& copy, TimePoint now);
  void find_out(const Found& found, TimePoint now);

  PostLedger& ledger_;
  LinkProof link_proof_;
  std::deque<Copy> copies_;
  std::bitset<1 << 16> wanted_;          // by the lowest bits of a message: what is looked up
  std::set<std::pair<int, int>> asked_;  // whose rows and records, at the present look
  std::vector<BatchPtr> adopted_;
  TimePoint next_at_{};
};

}  // namespace event_consumer
