// The service with a small disk of its own, and disks that are full.
#pragma once

#include <string>

#include "tests/support/files.h"

namespace event_consumer::testing {

// A program in `scripts` that is the service, with a disk of `size` (mount(8), «4m») at `path` that
// nobody else sees. Only where own_disks_are_possible().
std::string with_disk(const PrivateDirectory& scripts, const std::string& path,
                      const std::string& size);

// Writes a file of this path until there is no room left.
void fill_disk(const std::string& path);

}  // namespace event_consumer::testing
