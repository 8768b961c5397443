// RefusalSearch: finds the messages at fault when the server refuses inserts, and whether it is
// messages at all. Pure: it is handed a refused batch and says what becomes of it; nothing else is
// known to it.
//
// A batch whose rows the server calls bad is cut in halves until a message stands alone. One that
// is refused for no clear reason is first tried again a few times, in turns with the batch behind
// it, and then cut likewise: quickly once a part was stored, else at the pace of the backoff.
//
// A message that is refused alone is set apart. When another message was stored after that, it has
// its trial: refused once more, it is at fault. Without such a witness none is given up; those set
// apart are only tried again now and then.
//
// Behind a Distributed table only a run of many messages is a witness for what is refused for no
// clear reason, see StoredRuns.
//
// A message of which no key is a column may be in the wrong queue, or all of them be meant for
// another table. It is at fault only when there is a witness: another message that was stored since
// the columns are known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "worker/batch/batch_queue.h"
#include "worker/encode/verdict.h"
#include "worker/insert/inserter.h"
#include "worker/insert/stored_runs.h"
#include "worker/message/in_flight.h"

namespace event_consumer {

// A message that will never be stored, and why.
struct Refused {
  DeliveryId message;
  Rejection rejection;
};

class RefusalSearch {
 public:
  struct Step {
    std::vector<BatchPtr> first;    // to be posted before all others
    std::vector<Refused> at_fault;  // in the server's words
    std::string pause;              // why it is not the rows and better waited; else empty
    std::size_t doubled_rows = 0;   // that may be stored, and will be posted under another token
  };

  // The server has refused `batch` with this outcome, which is data or unclear.
  void note_refusal(Batch& batch, const InsertOutcome& outcome);
  // Whether that batch is to be posted again as it is, in its turn behind the next one.
  bool is_tried_again(const Batch& batch) const;
  // Whether the next post may follow at once; else at the pace of the backoff. Asked once for each
  // refusal.
  bool hurries(const Batch& batch);

  // What becomes of that batch when it is not tried again. `others_wait` says whether there is
  // another one to be posted.
  Step refused(BatchPtr batch, bool others_wait, TimePoint now);

  // An insert was stored, whose post began then. Returns those whose trial it is, to be posted
  // before all others: so little time lies between witness and trial. One of former columns is no
  // witness against a message that has no key among those of now.
  std::vector<BatchPtr> stored(const Batch& batch, TimePoint posted_at);
  // The same, when another worker has stored it, or a run.
  std::vector<BatchPtr> others_stored(bool is_run);
  // Whether another worker's insert, whose post began then, decides about anything here.
  bool is_witness(MonotonicTime posted_at) const;
  // When the first post of the latest run began; also of a table that is on one shard.
  std::optional<TimePoint> last_run_posted_at() const { return runs_.latest_posted_at(); }
  // An insert failed, for no fault of the rows: what was stored before proves nothing any more.
  void failed_otherwise() { trials_void_until_ = stored_inserts_; }
  // The next few of those set apart: without a witness, so that one may become one.
  std::vector<BatchPtr> take_round() { return take_round(/*only_clear=*/false); }

  // Whether a message of which no key is a column is at fault. If not it is kept, without a row,
  // until take_unmatched().
  bool is_at_fault(const Refused& unmatched, TimePoint now);
  // All that were kept: at fault, once a message is stored; to be encoded anew for other columns.
  std::vector<Refused> take_unmatched() { return std::exchange(unmatched_, {}); }
  std::size_t unmatched() const { return unmatched_.size(); }

  // Whether of nothing that is set apart any row may be stored.
  bool is_settled() const { return are_settled(apart_); }

  // The server's words on the batch that it has refused last.
  const std::string& refusal() const { return refusal_.text; }

  // How many messages are set apart.
  std::size_t apart() const { return apart_.size(); }
  // Those and the unmatched ones: nothing decides about them before others come.
  std::size_t undecided() const { return unmatched() + apart(); }
  // Whether it may be everybody's fault, as far as is known.
  bool is_in_doubt() const;

  // What was stored proves nothing any more. Returns all that was set apart.
  std::vector<BatchPtr> columns_changed();
  // What these do not keep any more leaves; returns what was set apart of it.
  std::vector<BatchPtr> let_go(const InFlight& messages);
  // All messages are gone with their link. Returns what was set apart.
  std::vector<BatchPtr> drop_all();

  // Bytes of the rows set apart.
  std::size_t held_bytes() const { return held_bytes_of(apart_); }

 private:
  std::vector<BatchPtr> take_round(bool only_clear);
  Step refused_alone(BatchPtr batch, bool others_wait);
  std::vector<BatchPtr> take_apart();
  bool is_on_trial(const Batch& batch) const;

  // The latest.
  struct Refusal {
    std::string text;
    bool is_unclear = false;
  };
  Refusal refusal_;
  std::vector<BatchPtr> apart_;  // of one message each, the one refused last behind the others
  std::size_t stored_inserts_ = 0;
  std::size_t trials_void_until_ = 0;
  StoredRuns runs_;
  std::size_t haste_ = 0;          // so many posts may follow at once
  std::size_t refused_parts_ = 0;  // for no clear reason, since one was stored or a whole was cut
  struct SinceStored {
    std::size_t newly_apart = 0;
    bool is_keeping_said = false;
  };
  SinceStored since_stored_;  // since an insert was stored, or nothing is apart any more
  std::vector<Refused> unmatched_;
  bool has_witness_ = false;     // a message was stored in a table of these columns
  TimePoint undecided_since_{};  // the latest of those about which others have to decide
};

}  // namespace event_consumer
