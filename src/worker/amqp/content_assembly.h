// ContentAssembly: puts the content of one message together from its frames: a header, and bodies
// until they are as long as the header says (AMQP 0-9-1, section 4.2.6). What the method before the
// header said is kept by whoever drives it. Needs no connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "worker/amqp/library.h"

namespace event_consumer {

class ContentAssembly {
 public:
  // A method was read that a content follows.
  void begin() { state_ = State::kHeader; }
  // From begin() until the last frame of the content.
  bool is_awaited() const { return state_ != State::kNone; }

  // Takes a header or a body; true when the content is complete. The Error (kLinkLost) says what
  // the server did that the protocol forbids.
  Result<bool> add(const amqp_frame_t& frame);

  // Whether what it has is a view of the frames added so far. A content that comes in several
  // bodies is copied: its frames can be released as they come.
  bool views_frames() const { return state_ != State::kNone && joined_.empty(); }

  // Views of the frames, or of this object for a body that came in several: valid until the frames
  // are released, or until the next header or forget().
  std::string_view properties() const { return properties_; }
  std::string_view body() const { return body_; }
  // The content is done with. The memory of a large one goes back to the system: the next may be
  // small.
  void forget();

 private:
  enum class State {
    kNone,    // no content is under way
    kHeader,  // the header comes next
    kBody,    // bodies come next
  };

  bool complete(std::string_view body);

  State state_ = State::kNone;
  std::uint64_t body_size_ = 0;
  std::string_view properties_;
  std::string_view body_;
  std::string joined_;           // a body of several frames
  std::string kept_properties_;  // … and its properties
};

}  // namespace event_consumer
