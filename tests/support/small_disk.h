// The service with a small disk of its own.
#pragma once

#include <string>

#include "tests/support/files.h"

namespace event_consumer::testing {

// A program in `scripts` that is the service, with a disk of `size` (mount(8), «4m») at `path` that
// nobody else sees. Only where own_disks_are_possible().
std::string with_disk(const PrivateDirectory& scripts, const std::string& path,
                      const std::string& size);

}  // namespace event_consumer::testing
