// BodyDecoder: undoes what a message's property content_encoding says was done to its body: gzip,
// deflate (RFC 1952, 1950 and 1951) and zstd (RFC 8878), also several, which stand there in the
// order in which they were applied. Knows nothing of events.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "worker/encode/verdict.h"
#include "worker/message/delivery.h"

namespace event_consumer {

// The property content_encoding; empty without one.
std::string_view content_encoding(const Delivery& message);

class BodyDecoder {
 public:
  // Makes `body` what it was before it was encoded, valid until the next call and as long as the
  // message; or returns why that is not to be had: kBadEncoding for what is broken or cut off,
  // kTooLarge for more than `most_bytes`. A body whose encoding is not known is left as it is: some
  // publishers name a character set there.
  std::optional<Rejection> decode(const Delivery& message, std::size_t most_bytes,
                                  std::string_view& body);

 private:
  std::string decoded_[2];  // the latest and the one before; they keep the memory of the largest
};

// What becomes of the `rejection` of a body as no JSON or no UTF-8 when the message has an encoding
// that is not known: that is named as the reason.
void blame_unknown_encoding(const Delivery& message, Rejection& rejection);

}  // namespace event_consumer
