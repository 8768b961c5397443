#include "common/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace event_consumer {

namespace {

Error failed(const char* what) {
  return {ErrorKind::kInternal,
          std::string("shared memory: ") + what + ": " + std::strerror(errno)};
}

}  // namespace

Result<SharedMemory> SharedMemory::create(const char* name, std::size_t bytes) {
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return failed("memfd_create");
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return failed("ftruncate");
  // Whoever shrinks a mapped file kills all that read beyond its new end.
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed("F_ADD_SEALS");
  return map(std::move(fd), bytes, MAP_SHARED);
}

Result<SharedMemory> SharedMemory::attach(int fd_number, std::size_t bytes) {
  UniqueFd fd(fd_number);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return failed("fstat");
  if (static_cast<std::size_t>(status.st_size) != bytes)
    return Error{ErrorKind::kUsage, "shared memory: " + std::to_string(status.st_size) +
                                        " bytes, expected " + std::to_string(bytes)};
  return map(std::move(fd), bytes, MAP_SHARED);
}

Result<SharedMemory> SharedMemory::without_sharing(std::size_t bytes) {
  return map(UniqueFd(), bytes, MAP_PRIVATE | MAP_ANONYMOUS);
}

Result<SharedMemory> SharedMemory::map(UniqueFd fd, std::size_t bytes, int flags) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd.get(), 0);
  if (data == MAP_FAILED) return failed("mmap");
  return SharedMemory(std::move(fd), data, bytes);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace event_consumer
