#include "worker/ledger/ledger_locks.h"

#include <fcntl.h>

namespace event_consumer {
namespace {

struct flock describe(short type, int number) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = number;
  lock.l_len = 1;
  return lock;
}

}  // namespace

bool FileLocks::try_lock(int number) {
  struct flock lock = describe(F_WRLCK, number);
  return fcntl(fd_, F_SETLK, &lock) == 0;
}

void FileLocks::unlock(int number) {
  struct flock lock = describe(F_UNLCK, number);
  fcntl(fd_, F_SETLK, &lock);
}

// Whoever cannot ask waits.
bool FileLocks::is_held_by_others(int number) const {
  struct flock lock = describe(F_WRLCK, number);
  return fcntl(fd_, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace event_consumer
