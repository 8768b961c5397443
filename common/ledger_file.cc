#include "common/ledger_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "common/clock.h"

namespace event_consumer {
namespace {

using Label = std::array<char, kLedgerLabelBytes>;

// Times in the ledger count from the boot.
Label label_of_now() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  const std::string text = "event-consumer " EVENT_CONSUMER_VERSION " boot " + boot;
  Label label{};
  text.copy(label.data(), label.size());
  return label;
}

std::string why() { return std::strerror(errno); }

// Whether the directory is none that can be used, however often it is tried. A disk or a table of
// files that is full will have room again.
bool is_slip(int error) {
  constexpr int kSlips[] = {EACCES, EISDIR, ELOOP,   ENAMETOOLONG, ENOENT,
                            ENXIO,  EPERM,  ENOTDIR, EROFS};
  return std::find(std::begin(kSlips), std::end(kSlips), error) != std::end(kSlips);
}

// A process that was killed keeps its files until its last thread is gone, which takes a moment
// where the machine has much to do.
bool lock(const UniqueFd& fd) {
  constexpr std::chrono::seconds kLongestDying{2};
  constexpr std::chrono::milliseconds kBetweenTries{20};
  const TimePoint deadline = Clock::now() + kLongestDying;
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return true;
}

}  // namespace

Result<UniqueFd> make_ledger_file() {
  UniqueFd fd(memfd_create("event-consumer-ledger", MFD_CLOEXEC));
  if (!fd) return Error{ErrorKind::kInternal, "cannot make the ledger: memfd_create: " + why()};
  return fd;
}

Result<UniqueFd> open_ledger_file(const std::string& directory) {
  const std::string path = directory + "/ledger";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    const bool slip = is_slip(errno);
    const std::string failed = "cannot open the ledger " + path + ": " + why();
    if (!slip) return Error{ErrorKind::kInternal, failed};
    return Error{
        ErrorKind::kUsage,
        failed + "; --state-directory must name a directory that exists and can be written"};
  }
  if (!lock(fd))
    return Error{ErrorKind::kUnavailable,
                 "the ledger " + path +
                     " is in use: processes of this instance still run, or another instance has "
                     "the same --state-directory"};
  const Label label = label_of_now();
  Label found{};
  if (pread(fd.get(), found.data(), found.size(), 0) == static_cast<ssize_t>(found.size()) &&
      found == label)
    return fd;
  if (ftruncate(fd.get(), 0) != 0 ||
      pwrite(fd.get(), label.data(), label.size(), 0) != static_cast<ssize_t>(label.size()))
    return Error{ErrorKind::kInternal, "cannot write the ledger " + path + ": " + why()};
  return fd;
}

}  // namespace event_consumer
