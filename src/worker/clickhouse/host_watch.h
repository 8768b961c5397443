// HostWatch: asks a host again and again, on a thread of its own, whether it would take inserts. So
// nobody waits for a host that is away or slow, and a host is known though nothing is inserted.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "common/clock.h"
#include "worker/clickhouse/homecoming.h"
#include "worker/clickhouse/inspection.h"

namespace event_consumer {

class HostWatch {
 public:
  // `look` is called at once and then with a pause of `period` between, until this object goes. It
  // must own all that it uses. A look of more than ten seconds counts as a failure.
  HostWatch(std::function<Result<Inspection>()> look, Duration period);
  // Does not wait for a look that is under way.
  ~HostWatch();
  HostWatch(const HostWatch&) = delete;
  HostWatch& operator=(const HostWatch&) = delete;

  HostLooks looks() const;
  // What the latest one has seen; nothing when it failed.
  std::optional<Inspection> seen() const;
  // The latest look was as good as a failure, for this reason.
  void reject(const Error& fault, TimePoint now);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace event_consumer
