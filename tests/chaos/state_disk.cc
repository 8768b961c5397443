#include "tests/chaos/state_disk.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

// More than the ledgers of a run take.
constexpr const char* kSize = "size=256m";

bool& has_own_mounts() {
  static bool has = false;
  return has;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

bool enter_own_mounts() {
  return has_own_mounts() = unshare(CLONE_NEWNS) == 0 &&
                            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

StateDisk::StateDisk(std::string directory) : directory_(std::move(directory)) {
  if (has_own_mounts() && mount("state", directory_.c_str(), "tmpfs", 0, kSize) != 0)
    fail("cannot mount a disk at " + directory_);
}

StateDisk::~StateDisk() {
  if (has_own_mounts()) umount2(directory_.c_str(), MNT_DETACH);
}

void StateDisk::fill() const {
  std::ofstream file(filler(), std::ios::binary);
  const std::string piece(4096, 'x');
  while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) continue;
}

void StateDisk::make_room() const {
  if (std::remove(filler().c_str()) != 0) fail("cannot remove " + filler());
}

void StateDisk::set_read_only(bool is_read_only) const {
  const unsigned long flags = MS_REMOUNT | MS_BIND | (is_read_only ? MS_RDONLY : 0);
  // Whoever was killed has its files for a moment longer.
  int error = 0;
  const auto is_over = [&] {
    error = mount(nullptr, directory_.c_str(), nullptr, flags, nullptr) == 0 ? 0 : errno;
    return error != EBUSY;
  };
  wait_until(is_over, std::chrono::seconds(20));
  errno = error;
  if (error != 0) fail("cannot remount " + directory_);
}

}  // namespace event_consumer::testing
