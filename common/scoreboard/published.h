// Published: a plain value in shared memory that one process writes and any process reads, without
// locks. There are two copies: the writer fills the one that nobody is pointed to and then points
// there. So a writer that is killed at any moment leaves a whole value behind, and a reader never
// sees half of two.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace event_consumer {

// Lives in memory that was all zero bytes: that is the state «nothing published».
template <typename T>
class Published {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) % sizeof(std::uint64_t) == 0, "pad it to whole words");
  static constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;

 public:
  // Only by the one writer.
  void publish(const T& value) {
    Words words;
    std::memcpy(words.data(), &value, sizeof value);
    const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
    auto& copy = copies_[next % 2];
    // Each word is released, so that whoever sees one of them also sees the version before it.
    for (std::size_t i = 0; i < kWords; ++i) copy[i].store(words[i], std::memory_order_release);
    version_.store(next, std::memory_order_release);
  }

  // The value published last; all zero bytes when none was. Repeated while the writer overtakes the
  // reader, which it does only when it publishes twice within the copying.
  T read() const {
    Words words;
    std::uint64_t before;
    do {
      before = version_.load(std::memory_order_acquire);
      const auto& copy = copies_[before % 2];
      for (std::size_t i = 0; i < kWords; ++i) words[i] = copy[i].load(std::memory_order_acquire);
    } while (version_.load(std::memory_order_relaxed) != before);
    T value;
    std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
    return value;
  }

  bool empty() const { return version_.load(std::memory_order_acquire) == 0; }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "it works between processes");
  std::atomic<std::uint64_t> version_;
  std::array<std::array<std::atomic<std::uint64_t>, kWords>, 2> copies_;
};

}  // namespace event_consumer
