// The guard against messages that kill workers: before a body is encoded, a note of it is left
// where it outlives this process, and one over which workers have died is not encoded again.
#pragma once

#include <optional>
#include <string_view>

#include "common/fingerprint.h"
#include "common/scoreboard/scoreboard.h"
#include "worker/encode/verdict.h"
#include "worker/message/delivery.h"

namespace event_consumer {

// A hash of the whole body (XXH3, 128 bits). It is no protection against someone who makes bodies
// of the same fingerprint on purpose.
Fingerprint fingerprint_of(std::string_view body);
inline Fingerprint fingerprint_of(const Delivery& delivery) {
  return delivery.fingerprint ? *delivery.fingerprint : fingerprint_of(delivery.body);
}

class CrashGuard {
 public:
  // `board` must outlive the guard; `own` is this worker's place on it.
  CrashGuard(const Scoreboard& board, RowAddress own) : board_(board), own_(own) {}

  // Calls `encode`, which returns a std::optional<Rejection>, unless too many workers have died
  // over this delivery. Only one that was delivered before can have killed anyone.
  template <typename Encode>
  std::optional<Rejection> guard(const Delivery& delivery, const Encode& encode) {
    const Fingerprint fingerprint = fingerprint_of(delivery);
    if (delivery.redelivered) {
      if (auto rejection = condemn(fingerprint)) return rejection;
    }
    EncodingNow& encoding = board_.row(own_).encoding;
    encoding.begin(fingerprint);
    auto rejection = encode();
    encoding.end();
    return rejection;
  }

 private:
  std::optional<Rejection> condemn(const Fingerprint& fingerprint) const;

  const Scoreboard& board_;
  RowAddress own_;
};

}  // namespace event_consumer
