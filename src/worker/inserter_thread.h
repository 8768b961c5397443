// Inserter on a thread of its own, so that a slow ClickHouse does not keep the worker from its AMQP
// connection. The two threads share one hand-over slot and nothing else.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "worker/event_fd.h"
#include "worker/inserter.h"

namespace event_consumer {

class InserterThread : public Inserter {
 public:
  // `post` is called on the thread, once for each start(), and may take its time.
  using Post = std::function<InsertOutcome(const Batch&)>;

  explicit InserterThread(Post post);

  // Waits for a post that is under way. A process that will not wait ends by _exit(2) instead.
  ~InserterThread() override;

  void start(const Batch& batch) override;

  // The outcome of the batch started, once: nothing while it is under way.
  std::optional<InsertOutcome> take_outcome();

  // Becomes readable when there is an outcome to take.
  int fd() const { return finished_.fd(); }

 private:
  void run();

  Post post_;
  EventFd finished_;
  std::mutex mutex_;
  std::condition_variable started_;
  const Batch* batch_ = nullptr;          // the slot, on its way there …
  std::optional<InsertOutcome> outcome_;  // … and back
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace event_consumer
