// Background: a call on a thread of its own, which may take as long as it likes. Whoever starts it
// waits for its descriptor and takes the result, or goes without: nobody waits for the thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "worker/insert/event_fd.h"

namespace event_consumer {

// Runs `call` on a thread that takes no signals.
void run_in_background(std::function<void()> call);

// How many such calls have not returned. A process that ends meanwhile ends by _exit(2), because
// they may use what exit(3) takes away.
int background_calls();

template <typename T>
class Background {
 public:
  // `call` must own all that it uses.
  explicit Background(std::function<T()> call) : Background() {
    run_in_background([shared = shared_, call = std::move(call)] { shared->finish(call()); });
  }

  // One that has returned.
  static Background ended(T result) {
    Background background;
    background.shared_->finish(std::move(result));
    return background;
  }

  // Readable once the call has returned.
  int fd() const { return shared_->finished.fd(); }

  // What it has returned, once; nothing before.
  std::optional<T> take() {
    const std::lock_guard lock(shared_->mutex);
    return std::exchange(shared_->result, std::nullopt);
  }

 private:
  struct Shared {
    void finish(T value) {
      const std::lock_guard lock(mutex);
      result = std::move(value);
      finished.signal();
    }

    EventFd finished;
    std::mutex mutex;
    std::optional<T> result;
  };

  Background() : shared_(std::make_shared<Shared>()) {}

  std::shared_ptr<Shared> shared_;
};

}  // namespace event_consumer
