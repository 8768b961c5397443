#include "worker/amqp/content_assembly.h"

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

// So much is kept for the next one.
constexpr std::size_t kMostKept = 256 * 1024;

Error forbidden(const char* what) { return {ErrorKind::kLinkLost, what}; }

}  // namespace

Result<bool> ContentAssembly::add(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    if (state_ != State::kHeader) return forbidden("a header came out of turn");
    properties_ = to_view(frame.payload.properties.raw);
    body_size_ = frame.payload.properties.body_size;
    joined_.clear();
    state_ = State::kBody;
    return body_size_ == 0 && complete({});
  }
  if (state_ != State::kBody) return forbidden("a body came out of turn");
  const std::string_view piece = to_view(frame.payload.body_fragment);
  if (piece.size() > body_size_ - joined_.size())
    return forbidden("a body is longer than its header says");
  if (piece.size() == body_size_) return complete(piece);
  if (joined_.empty() && !piece.empty()) {
    kept_properties_ = properties_;
    properties_ = kept_properties_;
  }
  joined_ += piece;
  return joined_.size() == body_size_ && complete(joined_);
}

void ContentAssembly::forget() {
  if (joined_.capacity() > kMostKept) std::string().swap(joined_);
}

bool ContentAssembly::complete(std::string_view body) {
  body_ = body;
  state_ = State::kNone;
  return true;
}

}  // namespace event_consumer
