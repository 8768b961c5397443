// MethodCounter: counts the methods of one kind in the bytes that one side of an AMQP connection
// sends (AMQP 0-9-1, section 2.3.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace event_consumer::testing {

// Class and method, as they stand in a method frame.
inline constexpr std::string_view kBasicDeliver("\0\x3c\0\x3c", 4);
inline constexpr std::string_view kBasicAck("\0\x3c\0\x50", 4);

// What a client sends before its first frame.
inline constexpr std::uint64_t kProtocolHeaderBytes = 8;

class MethodCounter {
 public:
  // The first `skipped` bytes belong to no frame. `method` must outlive it.
  explicit MethodCounter(std::string_view method, std::uint64_t skipped = 0)
      : method_(method), skip_(skipped) {}

  // The next bytes, cut anywhere. Returns how many such methods began in them.
  std::uint64_t read(std::string_view bytes);

 private:
  std::string_view method_;
  std::string head_;
  std::uint64_t skip_;
};

}  // namespace event_consumer::testing
