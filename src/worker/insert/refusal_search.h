// RefusalSearch: finds the messages at fault when the server refuses the rows of a batch. Pure: it
// is handed a refused batch and says what becomes of it; nothing else is known to it.
//
// A batch is cut in halves until a message stands alone. One that was refused alone twice, with an
// insert stored in between, is at fault; so is one when there is nothing else to compare it with.
// When many are refused one by one and nothing is stored in between, it may not be their fault.
//
// A message of which no key is a column may be in the wrong queue, or all of them be meant for
// another table. It is at fault only when there is a witness: another message that was stored since
// the columns are known.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "worker/batch/batch_queue.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

class RefusalSearch {
 public:
  struct AtFault {
    DeliveryId message;
    std::string refusal;  // the server's words
  };

  // A message of which no key is a column.
  struct Unmatched {
    DeliveryId message;
    Rejection rejection;
  };

  struct Step {
    std::vector<BatchPtr> first;    // to be posted before all others
    std::vector<BatchPtr> last;     // to be posted behind all others
    std::vector<AtFault> at_fault;  // never to be stored
    std::string pause;              // why it is not the rows and better waited; else empty
  };

  // The server's words on the latest batch that it has refused.
  void note_refusal(const std::string& refusal) { refusal_ = refusal; }

  // What becomes of that batch. `others_wait` says whether there is another batch to be posted.
  Step refused(BatchPtr batch, bool others_wait);

  // An insert was stored. Returns those that were set apart, to be posted behind all others, so
  // that those have their try before these have another.
  std::vector<BatchPtr> stored();

  // Whether the message is at fault. If not it is kept, without a row, until take_unmatched().
  bool is_at_fault(const Unmatched& message);
  // All that were kept: at fault, once a message is stored; to be encoded anew for other columns.
  std::vector<Unmatched> take_unmatched() { return std::exchange(unmatched_, {}); }
  std::size_t unmatched() const { return unmatched_.size(); }
  // What was stored proves nothing any more.
  void columns_changed() {
    has_witness_ = false;
    alone_ = 0;
  }
  // How many messages are refused while none is there to compare them with. Nothing decides about
  // them before others come.
  std::size_t alone() const { return alone_; }

  // Takes back all that was set apart.
  std::vector<BatchPtr> take_suspects();
  // The same, and all of it is dropped: it is gone with its link.
  void drop_all() {
    suspects_.clear();
    unmatched_.clear();
    alone_ = 0;
  }

  // Bytes of the rows set apart.
  std::size_t held_bytes() const;

 private:
  struct Suspect {
    BatchPtr batch;  // of one message
    std::string refusal;
  };

  Step refused_alone(BatchPtr batch, bool others_wait);

  std::string refusal_;
  std::vector<Suspect> suspects_;  // set apart since an insert was stored
  std::size_t stored_inserts_ = 0;
  // Messages given up since then without any to compare them with.
  std::size_t unconfirmed_ = 0;
  std::size_t alone_ = 0;  // of the latest pause
  std::vector<Unmatched> unmatched_;
  bool has_witness_ = false;  // a message was stored in a table of these columns
};

}  // namespace event_consumer
