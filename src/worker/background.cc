#include "worker/background.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

namespace event_consumer {
namespace {

std::atomic<int> calls{0};

}  // namespace

int background_calls() { return calls; }

// A signal that is meant for the loop must not end the process by way of a thread that does not
// know of it.
void run_in_background(std::function<void()> call) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  ++calls;
  std::thread([call = std::move(call)]() mutable {
    call();
    call = nullptr;
    --calls;
  }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace event_consumer
