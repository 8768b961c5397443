// The seam to ClickHouse as the worker's main thread sees it: one post at a time, answered later.
// InserterThread implements it, tests bring a fake.
#pragma once

#include <string>

#include "worker/batch.h"

namespace event_consumer {

struct InsertOutcome {
  enum class Kind {
    kStored,   // the server has answered that the rows are stored
    kRefused,  // the server has answered that they are not
    kUnknown,  // no answer came: they may be stored or not
  };
  Kind kind = Kind::kUnknown;
  int code = 0;         // ClickHouse's exception code, 0 when there is none
  std::string message;  // what failed, in words; empty when stored
};

class Inserter {
 public:
  virtual ~Inserter() = default;

  // Begins to post `batch`, which must be sealed and stay unchanged until the outcome is there.
  // Only when no other post is under way.
  virtual void start(const Batch& batch) = 0;
};

}  // namespace event_consumer
