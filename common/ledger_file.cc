#include "common/ledger_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace event_consumer {

Result<UniqueFd> make_ledger_file() {
  UniqueFd fd(memfd_create("event-consumer-ledger", MFD_CLOEXEC));
  if (!fd)
    return Error{ErrorKind::kInternal,
                 std::string("cannot make the ledger: memfd_create: ") + std::strerror(errno)};
  return fd;
}

}  // namespace event_consumer
