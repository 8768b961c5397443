// Settlement: what becomes of each delivery, from taking it to its acknowledgement. It takes,
// dead-letters, gives back and acknowledges, leaves the rows to its insert stage, and carries out
// what that answers; it never waits: the worker's loop tells it what has happened and what time it
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/insert/insert_stage.h"
#include "worker/ledger/recogniser.h"
#include "worker/loop/rejections.h"
#include "worker/message/dead_letter_sink.h"
#include "worker/message/in_flight.h"
#include "worker/message/source.h"

namespace event_consumer {

struct SettlementLimits {
  BatchLimits batch;
  std::chrono::seconds table_check_interval{60};
  std::uint64_t way = 0;  // of messages, from their queue to their table (identify())

  // From here on deliveries are left in the socket until rows have been stored.
  std::size_t held_bytes() const { return 4 * batch.bytes; }
};

class Settlement {
 public:
  // `guard`, `inserter` and `ledger` must outlive the settlement.
  Settlement(const SettlementLimits& limits, Encoding encoding, CrashGuard& guard,
             Inserter& inserter, PostLedger& ledger);

  // A link to the broker is there; both must live until link_lost(). `dead_letters` may be nullptr:
  // rejected messages are then left to the broker.
  void link_made(Source& source, DeadLetterSink* dead_letters, TimePoint now);
  // A consumer begins, for which the broker sends no more than so many unsettled deliveries.
  void consumes(std::size_t prefetch) {
    in_flight_.consumer_begins(prefetch);
    is_giving_back_ = false;
  }
  // The link is gone, and with it every delivery: the broker has them back. Rows that were not
  // posted are dropped, because their events come again.
  void link_lost(TimePoint now);

  // Each of these reports an event. An Error means that a link is lost or that a queue refuses.
  // The first five only while there is a link.
  Result<Done> take(Delivery delivery, TimePoint now);
  // One that comes while the consumer is being cancelled: it goes back at return_late(), or with
  // the channel. At its last delivery it is taken, for its queue would drop it; beyond twice the
  // memory it is dead-lettered, or left to its queue's own policy as at give_back_all().
  Result<Done> take_late(const Delivery& delivery, TimePoint now);
  Result<Done> return_late();
  Result<Done> dead_lettered(DeliveryTag tag);
  // Asks the broker whether it has taken everything said before; and its answer, the last one that
  // was waited for or not.
  Result<Done> ask_whether_settled(TimePoint now);
  bool answered(TimePoint now) { return recogniser_.answered(now); }
  Result<Done> inserted(const InsertOutcome& outcome, TimePoint now);
  Result<Done> table_checked(TableOutcome outcome, TimePoint now);
  Result<Done> time_passed(TimePoint now);
  Result<Done> others_stored(const StoredByOthers& stored, TimePoint now);

  // Gives back every delivery in hand. Only when there is no consumer. has_room() is false then
  // until ClickHouse has given a sign of life; or, when nothing_fits(), until the table has other
  // columns. What is at its last delivery is dead-lettered, and the others wait for that, and may
  // be stored meanwhile: is_giving_back() until the next call, which must come when has_last() is
  // false; or for as long as there are others, when the broker blocks dead letters: it would wait
  // for us, and we for it.
  Result<Done> give_back_all(TimePoint now);
  bool is_giving_back() const {
    return is_giving_back_ && in_flight_.in_hand() > rejections_.blocked();
  }
  // The same, and nothing is waited for; what is settled is acknowledged, also behind something
  // that is not. Closing the channel would give that back, too, and another instance would store it
  // twice.
  Result<Done> give_back_rest(TimePoint now) { return give_back_rest(/*fits=*/true, now); }
  // Only that, for when a consumer is still there.
  Result<Done> acknowledge_behind();

  // Whether something is in hand that its queue would drop if it were given back; and whether it is
  // not even on its way to the dead-letter queue. Where there is no such queue, neither is asked
  // for: whatever the queue's own policy says will become of it.
  bool has_last() const { return rejections_.has_queue() && in_flight_.last_in_hand() > 0; }
  bool keeps_last() const { return rejections_.has_queue() && in_flight_.keeps_last(); }
  // Sends it there, and nothing else leaves. Unless it stops, has_room() is false then until
  // ClickHouse has given a sign of life.
  Result<Done> dead_letter_last(TimePoint now) { return dead_letter_last(/*fits=*/true, now); }

  // How many came late and are not returned; and whether anything behind them was taken, which
  // cannot be acknowledged before they are.
  std::size_t late() const { return late_.size(); }
  bool took_behind_late() const {
    return !late_.empty() && in_flight_.last_tag() - late_.front().tag >= late_.size();
  }

  // When time_passed() has something to do.
  std::optional<TimePoint> deadline() const;

  // False while so much is held that no further delivery should be read.
  bool may_take() const;
  // Whether the latest insert, or look at the table, has failed.
  bool is_failing() const { return stage_.is_failing(); }
  // True when at most half of that is held, or what is held waits for others, and neither
  // ClickHouse nor the dead-letter queue keeps anything from being settled.
  bool has_room() const;
  // Whether it is for want of other columns that it is not.
  bool awaits_columns() const { return stage_.awaits_columns(); }

  // See InFlight.
  bool window_is_full() const { return in_flight_.window_is_full(); }

  // Whether there are events in hand, none has a key that is a column of the table, and none was
  // stored since the columns are known. Then more have to be taken, until one fits.
  bool nothing_fits() const {
    return stage_.unmatched() > 0 && stage_.unmatched() == in_flight_.in_hand();
  }

  // Whether nothing in hand can be decided before other events come.
  bool wants_more() const { return undecided() > 0 && undecided() == in_flight_.in_hand(); }

  // Of the deliveries in hand, those about which others have to decide; or that the broker lets
  // wait until its queues are emptied.
  std::size_t undecided() const { return stage_.undecided() + rejections_.blocked(); }

  // Stop: no batch waits for company any more, and no failed insert is repeated.
  Result<Done> drain(TimePoint now) { return apply(stage_.drain(now), now); }

  // Whether a drained settlement can do no more: all deliveries have their verdict, came late, or
  // wait for others, for an insert that has failed or for a dead-letter queue that refuses.
  bool drained() const;

  // Whether the inserter has a batch: its memory must stay until the outcome is there.
  bool request_under_way() const { return stage_.request_under_way(); }

  // Whether that is a batch of a lost link, of what was given back, or of a dead worker: its
  // outcome settles nothing.
  bool posts_orphan() const { return stage_.posts_orphan(); }

  const InFlight& in_flight() const { return in_flight_; }

  // Fills in what the settlement knows of the worker's record; everything counts from its
  // beginning.
  void report(WorkerRecord& record);

 private:
  // Carries out what the insert stage has answered, and acknowledges what can be.
  Result<Done> apply(const Effects& effects, TimePoint now);
  // Makes rows of a message, whose content is kept already or not.
  Result<Done> encode(DeliveryId id, const Delivery& delivery, TimePoint now);
  // `fits`: not for want of events that fit the table.
  Result<Done> give_back_rest(bool fits, TimePoint now);
  Result<Done> dead_letter_last(bool fits, TimePoint now);
  // Decides about the copies that wait.
  Result<Done> recognise(TimePoint now);
  Result<Done> reject(const Delivery& delivery, const Rejection& rejection, TimePoint now);
  Result<Done> acknowledge();
  void received(const Delivery& delivery, const Fingerprint& message, TimePoint now);
  void count_stored(const std::vector<DeliveryId>& stored);
  std::size_t held_bytes() const { return in_flight_.held_bytes() + stage_.held_bytes(); }

  SettlementLimits limits_;
  Inserter& inserter_;
  Source* source_ = nullptr;  // while there is a link

  Recogniser recogniser_;
  InFlight in_flight_;
  std::vector<DeliveryId> late_;  // of those in flight
  bool is_giving_back_ = false;
  InsertStage stage_;
  Rejections rejections_;
  WorkerCounters counters_{};  // what in_flight_ does not count
  std::optional<TimePoint> last_taken_at_;
};

}  // namespace event_consumer
