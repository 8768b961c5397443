// A library that ld.so(8) loads into a process before all others (LD_PRELOAD): its wall clock is
// ahead of everybody else's by so many seconds as stand, as a number of 8 bytes, in the file that
// OWN_CLOCK names, from one moment to the next. Time that only goes on is left alone. Not
// libfaketime, which leaves files in /dev/shm when its process is killed, and is in the way of
// waits.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Ahead = std::atomic<std::int64_t>;
static_assert(Ahead::is_always_lock_free);

const Ahead* map_file() {
  const char* path = std::getenv("OWN_CLOCK");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* data = mmap(nullptr, sizeof(Ahead), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return data == MAP_FAILED ? nullptr : static_cast<const Ahead*>(data);
}

std::time_t seconds_ahead() {
  static const Ahead* const ahead = map_file();
  return ahead == nullptr ? 0 : static_cast<std::time_t>(ahead->load(std::memory_order_relaxed));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto real =
      reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += seconds_ahead();
  return result;
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec time{};
  const int result = clock_gettime(CLOCK_REALTIME, &time);
  *now = {time.tv_sec, static_cast<suseconds_t>(time.tv_nsec / 1000)};
  return result;
}

std::time_t time(std::time_t* now) noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != nullptr) *now = time.tv_sec;
  return time.tv_sec;
}

}  // extern "C"
