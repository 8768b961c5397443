// Inserter on a thread of its own, so that a slow ClickHouse does not keep the worker from its AMQP
// connection. The two threads share one hand-over slot and nothing else.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

#include "worker/insert/event_fd.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

class InserterThread : public Inserter {
 public:
  // Both are called on the thread, once for each request, and may take their time.
  using Post = std::function<InsertOutcome(const Batch&)>;
  using CheckTable = std::function<TableOutcome(bool is_settled)>;

  InserterThread(Post post, CheckTable check_table);

  // Waits for a request that is under way. A process that will not wait ends by _exit(2) instead.
  ~InserterThread() override;

  void start(const Batch& batch) override { hand_over(&batch); }
  void start_table_check(bool is_settled) override { hand_over(TableCheck{is_settled}); }

  std::optional<Outcome> take_outcome() override;
  int fd() const override { return finished_.fd(); }

 private:
  struct TableCheck {
    bool is_settled;
  };
  using Request = std::variant<const Batch*, TableCheck>;

  void hand_over(Request request);
  void run();
  Outcome carry_out(const Request& request);

  Post post_;
  CheckTable check_table_;
  EventFd finished_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::optional<Request> request_;  // the slot, on its way there …
  std::optional<Outcome> outcome_;  // … and back
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace event_consumer
