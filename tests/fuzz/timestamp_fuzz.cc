// libFuzzer target: any text as a point in time. What is read has a fraction of a second, and a
// year of four digits where it was written as a date.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "worker/encode/timestamp.h"

using namespace event_consumer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kFirst = -62'167'219'200 - 86'400;  // the year 0, less an offset
  constexpr std::int64_t kLast = 253'402'300'799 + 86'400;   // the year 9999, and an offset
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto timestamp = parse_timestamp(text);
  if (!timestamp) return 0;
  if (timestamp->nanoseconds < 0 || timestamp->nanoseconds > 999'999'999) std::abort();
  const bool is_date = text.size() > 4 && text[4] == '-';
  if (is_date && (timestamp->seconds < kFirst || timestamp->seconds > kLast)) std::abort();
  return 0;
}
