#include "worker/background.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <future>
#include <string>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

bool is_readable(int fd, int timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  return poll(&polled, 1, timeout_ms) == 1;
}

TEST_CASE("background: what the call returns is there once it has returned", "[background]") {
  std::promise<void> go_on;
  Background<std::string> background([&go_on] {
    go_on.get_future().wait();
    return std::string("done");
  });
  CHECK_FALSE(is_readable(background.fd(), 0));
  CHECK_FALSE(background.take());
  CHECK(background_calls() >= 1);
  go_on.set_value();
  REQUIRE(is_readable(background.fd(), 10'000));
  CHECK(background.take() == "done");
  CHECK_FALSE(background.take());
}

TEST_CASE("background: one that has returned", "[background]") {
  auto background = Background<int>::ended(7);
  CHECK(is_readable(background.fd(), 0));
  CHECK(background.take() == 7);
}

TEST_CASE("background: who goes without the result does not wait for the call", "[background]") {
  auto go_on = std::make_shared<std::promise<void>>();
  auto returned = std::make_shared<std::promise<void>>();
  {
    const Background<int> background([go_on, returned] {
      go_on->get_future().wait();
      returned->set_value();
      return 1;
    });
  }
  go_on->set_value();
  CHECK(returned->get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("background: a call takes no signals from the loop", "[background]") {
  Background<bool> background([] {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return sigismember(&blocked, SIGTERM) == 1;
  });
  REQUIRE(is_readable(background.fd(), 10'000));
  CHECK(*background.take());
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  CHECK(sigismember(&blocked, SIGTERM) == 0);
}

}  // namespace
}  // namespace event_consumer
