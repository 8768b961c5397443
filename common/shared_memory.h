// SharedMemory: a piece of memory without a name that processes share by its descriptor.
#pragma once

#include <cstddef>

#include "common/result.h"
#include "common/unique_fd.h"

namespace event_consumer {

class SharedMemory {
 public:
  // Makes zeroed memory of a size that nobody can change any more (memfd_create(2) with seals). The
  // descriptor is closed on exec unless it is handed on by number. `name` is for /proc only.
  static Result<SharedMemory> create(const char* name, std::size_t bytes);

  // Maps what another process has made. The Error says so when it is not of that size.
  static Result<SharedMemory> attach(int fd, std::size_t bytes);

  // Memory of this process alone: for one that nobody watches.
  static Result<SharedMemory> without_sharing(std::size_t bytes);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  void* data() const { return data_; }
  int fd() const { return fd_.get(); }

 private:
  SharedMemory(UniqueFd fd, void* data, std::size_t bytes)
      : fd_(std::move(fd)), data_(data), bytes_(bytes) {}
  static Result<SharedMemory> map(UniqueFd fd, std::size_t bytes, int flags);

  UniqueFd fd_;
  void* data_;
  std::size_t bytes_;
};

}  // namespace event_consumer
