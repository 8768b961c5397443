// PostLedger: what this worker has posted, written where it outlives the worker. A post is written
// down before its first byte leaves, with the identity of each of its messages; a message that
// comes back later is looked up by Recogniser, here or in another process.
//
// The record of a post stays until it is known whether its rows are stored. The entries of one that
// is stored stay until the broker has taken the acknowledgements and is there a little later, too;
// over a lost link until the message has come back, or for ten minutes.
//
// What cannot be written down, for want of room, is posted all the same, and the log says so: its
// messages are ordinary ones when they come back, and may be stored twice.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log_limiter.h"
#include "worker/batch/batch_queue.h"
#include "worker/ledger/ledger_locks.h"
#include "worker/ledger/ledger_memory.h"
#include "worker/ledger/twin_table.h"
#include "worker/message/in_flight.h"

namespace event_consumer {

class PostLedger {
 public:
  // Whose record of a post it is.
  struct Place {
    int row;
    int record;
  };

  // `memory` and `locks` must outlive it. Takes `row`, with what its former owners left there.
  // While another process has it, or there is no room for it, nothing is written down, and each
  // post tries again.
  PostLedger(LedgerMemory& memory, LedgerLocks& locks, int row, TimePoint now);
  ~PostLedger();
  PostLedger(const PostLedger&) = delete;
  PostLedger& operator=(const PostLedger&) = delete;

  LedgerMemory& memory() { return memory_; }
  LedgerLocks& locks() { return locks_; }
  int row() const { return row_; }
  // Whether it is this worker's row, and not another's meanwhile.
  bool owns(int row) const { return is_owner_ && row == row_; }

  // The link. Whatever came over a lost one is to be dropped before link_lost() is called.
  void link_made(TimePoint now);
  void link_lost(TimePoint now);
  // All in hand is given back.
  void given_back(TimePoint now);
  // The broker has answered what it was asked at `asked_at`, when everything up to the delivery
  // `acknowledged` was acknowledged.
  void proven(TimePoint asked_at, DeliveryTag acknowledged, TimePoint now);

  // Whoever has a link is to prove that it is there after this MonotonicTime; and the latest such
  // time that anybody has named, or that the entries of what is acknowledged have to wait for.
  void want_proof(std::uint64_t at);
  std::optional<TimePoint> proof_wanted_at(TimePoint now) const;

  // A message has come, for the first time or not. Two that are equal in everything are not known
  // again: one of them could be taken for the other.
  void came(const Fingerprint& message, bool redelivered);

  // Writes the post down, unless it is there already; its messages are looked up in `messages`.
  void post(const Batch& batch, const InFlight& messages, TimePoint now);
  // Whether there is a record of it, whose outcome is not known.
  bool has(const std::string& token) const { return find(token) != nullptr; }
  // What became of it, for good.
  void stored(const std::string& token) { let_go(token, /*is_stored=*/true); }
  void not_stored(const std::string& token) { let_go(token, /*is_stored=*/false); }
  // The message is one that was stored before. Its entry of then may be the one that makes room for
  // the new one, which is returned; nothing when it is not written down.
  LedgerEntry* recognised(const Fingerprint& message, DeliveryTag tag, TimePoint now);

  // Takes over a post that nobody has, to be posted until its outcome is known. Nothing when
  // somebody has it, or its outcome is known; nor when it is too old, or of a server that does not
  // compare types: then it counts as not stored from here on.
  BatchPtr adopt(Place place, TimePoint now);

 private:
  struct Held {
    Place place;
    std::string token;
  };
  // So much was acknowledged when the broker answered at that time.
  struct Answer {
    TimePoint at;
    DeliveryTag acknowledged;
  };

  bool take_row(TimePoint now);
  void say(const std::string& hindrance, TimePoint now);
  LedgerRow& own() const { return memory_.row(row_); }
  PostRecord& record(Place place) const {
    return memory_.row(place.row).records[static_cast<std::size_t>(place.record)];
  }
  const Held* find(const std::string& token) const;
  bool is_held(Place place) const;
  void let_go(const std::string& token, bool is_stored);
  void take_back(Place place);
  void orphan_all(TimePoint now);
  bool make_room(std::uint64_t entries, TimePoint now);
  void retire(TimePoint now);
  bool may_retire(const LedgerEntry& entry, TimePoint now) const;
  bool is_undecided(PostNumber post) const;
  bool give_up(PostNumber post, TimePoint now);
  bool take_free(Place place, TimePoint now);
  std::optional<int> free_record(TimePoint now);

  LedgerMemory& memory_;
  LedgerLocks& locks_;
  int row_;
  bool is_owner_ = false;
  LogLimiter log_limiter_;
  std::vector<Held> held_;  // posts whose outcome is not known, and that are ours to find out
  TwinTable twins_;
  std::optional<TimePoint> link_made_at_;
  std::deque<Answer> answers_;
  DeliveryTag retired_ = 0;  // of the present link: they are not known again, up to here
};

}  // namespace event_consumer
