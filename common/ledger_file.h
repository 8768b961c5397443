// Where the workers of an instance write down what they post (src/worker/ledger). The supervisor
// makes it, hands it on, and knows nothing of what is in it.
#pragma once

#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

// Memory without a name, which is gone with the last process of the instance (memfd_create(2)).
Result<UniqueFd> make_ledger_file();

}  // namespace event_consumer
