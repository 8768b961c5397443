// A ledger that several workers of one process share, as if each were a process of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/fakes/batches.h"
#include "tests/fakes/shared_locks.h"
#include "worker/batch/crash_guard.h"
#include "worker/ledger/post_ledger.h"
#include "worker/ledger/recogniser.h"

namespace event_consumer::testing {

class SharedLedger {
 public:
  LedgerMemory memory = std::move(*LedgerMemory::without_sharing());
  std::map<int, int> owners;  // worker by lock
  int workers = 0;            // so many there were
};

// One worker's view of it, and its deliveries. It dies with the object.
class LedgerWorker {
 public:
  LedgerWorker(SharedLedger& shared, int row, TimePoint now)
      : locks_(shared.owners, ++shared.workers), ledger(shared.memory, locks_, row, now) {
    recogniser.link_made(now);
  }

  // Takes a delivery for the first time.
  DeliveryId take(const std::string& body, TimePoint now) {
    return add(body, /*redelivered=*/false, now);
  }
  // Takes one that was delivered before.
  DeliveryId take_copy(const std::string& body, TimePoint now) {
    const DeliveryId id = add(body, /*redelivered=*/true, now);
    recogniser.add(id, *in_flight.fingerprint(id), now);
    return id;
  }
  // Posts a batch of these; returns its token.
  std::string post(const std::vector<DeliveryId>& messages, TimePoint now,
                   bool states_types = true) {
    Batch batch;
    const auto format = insert_format("INSERT", states_types);
    for (const DeliveryId id : messages) append(batch, id, "row", 1, now, format);
    batch.seal();
    ledger.post(batch, in_flight, now);
    return batch.token();
  }
  void lose_link(TimePoint now) {
    in_flight.lose_link();
    recogniser.link_lost(now);
    last_tag_ = 0;
    recogniser.link_made(now);
  }

 private:
  DeliveryId add(const std::string& body, bool redelivered, TimePoint now) {
    const Fingerprint message = fingerprint_of(body);
    recogniser.came(message, redelivered);
    return *in_flight.add(delivery(++last_tag_, body), now, message);
  }

  SharedLocks locks_;
  DeliveryTag last_tag_ = 0;

 public:
  PostLedger ledger;
  Recogniser recogniser{ledger};
  InFlight in_flight;
};

}  // namespace event_consumer::testing
