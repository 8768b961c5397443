// A listening TCP socket.
#pragma once

#include "common/host_port.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

// Listens on the first address of `where` that can be bound; not blocking, closed on exec. The
// Error names the address and what the kernel said: kUnavailable when no interface has the address
// yet, or the name server does not answer, else kUsage.
Result<UniqueFd> listen_on(const HostPort& where);

}  // namespace event_consumer
