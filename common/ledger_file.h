// Where the workers of an instance write down what they post (src/worker/ledger). The supervisor
// makes it, hands it on, and knows nothing of what is in it behind the label.
#pragma once

#include <cstddef>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

// At the head of the file: by whom it is understood. Zeros in memory.
constexpr std::size_t kLedgerLabelBytes = 256;

// Memory without a name, which is gone with the last process of the instance (memfd_create(2)).
Result<UniqueFd> make_ledger_file();

// The file «ledger» in this directory, with what processes of this version have left there since
// the machine was booted; else an empty one. It stays locked (flock(2)) until the last process that
// has inherited the descriptor is gone: kUnavailable when such processes live for two seconds more.
// kUsage when the directory can never be used, kInternal when the file cannot be had or written
// now.
Result<UniqueFd> open_ledger_file(const std::string& directory);

}  // namespace event_consumer
