#include "worker/loop/broker_link.h"

#include <poll.h>

#include <functional>
#include <future>

#include "tests/fakes/captured_log.h"
#include "tests/fakes/fake_dead_letters.h"
#include "tests/fakes/fake_source.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::CapturedLog;
using testing::FakeDeadLetters;
using testing::FakeSource;

// A link whose connections are fakes; the test says whether one can be made.
class LinkRig {
 public:
  BrokerLink::Connections make() {
    ++made;
    auto source = std::make_unique<FakeSource>();
    auto letters = std::make_unique<FakeDeadLetters>();
    latest_source = source.get();
    latest_letters = letters.get();
    return {std::move(source), std::move(letters)};
  }

  void lose(const std::string& why = "lost it") { link.lose({ErrorKind::kLinkLost, why}, 7, now); }

  // At the time that the link asks for.
  Result<bool> connect() {
    now = *link.deadline();
    return link.connect_if_due(now);
  }

  CapturedLog log;
  TimePoint now{std::chrono::hours(1)};
  std::optional<Error> fault;
  int made = 0;
  FakeSource* latest_source = nullptr;
  FakeDeadLetters* latest_letters = nullptr;
  std::function<void()> wait;  // while set, connecting takes as long as this
  BrokerLink link{make(), [this] {
                    using Connecting = BrokerLink::Connecting;
                    if (wait)
                      return Connecting([this]() -> Result<BrokerLink::Connections> {
                        wait();
                        return make();
                      });
                    if (fault) return Connecting::ended(*fault);
                    return Connecting::ended(make());
                  }};
};

TEST_CASE("broker link: begins with the connections that are there", "[broker_link]") {
  LinkRig rig;
  CHECK(rig.link.is_up());
  CHECK(&rig.link.source() == rig.latest_source);
  CHECK(rig.link.dead_letters() == rig.latest_letters);
  CHECK(rig.link.reconnects() == 0);
  CHECK_FALSE(rig.link.deadline());
  CHECK(rig.made == 1);
}

TEST_CASE("broker link: while it is lost there is none to ask, then there is another",
          "[broker_link]") {
  LinkRig rig;
  rig.lose();
  CHECK_FALSE(rig.link.is_up());
  CHECK(rig.link.dead_letters() == nullptr);
  CHECK(rig.log.lines_with("lost it; 7 events in hand go back to the queue") == 1);
  REQUIRE(rig.link.deadline());
  CHECK_FALSE(rig.link.connect_if_due(*rig.link.deadline() - Duration(1)).value());
  CHECK(rig.made == 1);

  CHECK(rig.connect().value());
  CHECK(rig.link.is_up());
  CHECK(&rig.link.source() == rig.latest_source);
  CHECK(rig.link.reconnects() == 1);
  CHECK_FALSE(rig.link.deadline());
}

TEST_CASE("broker link: a try that takes its time holds up nobody", "[broker_link]") {
  LinkRig rig;
  std::promise<void> go_on;
  rig.wait = [&] { go_on.get_future().wait(); };
  CHECK(rig.link.fd() == -1);
  rig.lose();
  CHECK_FALSE(rig.connect().value());
  CHECK_FALSE(rig.link.is_up());
  CHECK_FALSE(rig.link.deadline());
  CHECK_FALSE(rig.link.connect_if_due(rig.now + seconds(100)).value());
  pollfd made{rig.link.fd(), POLLIN, 0};
  CHECK(poll(&made, 1, 0) == 0);
  CHECK(background_calls() >= 1);

  go_on.set_value();
  REQUIRE(poll(&made, 1, 10'000) == 1);
  CHECK(rig.link.connect_if_due(rig.now).value());
  CHECK(rig.link.is_up());
  CHECK(rig.made == 2);
  CHECK(rig.link.fd() == -1);
}

TEST_CASE("broker link: tries that fail come less and less often, and say why once",
          "[broker_link]") {
  LinkRig rig;
  rig.fault = Error{ErrorKind::kUnavailable, "nobody there"};
  rig.lose();
  for (const int step : {100, 200, 400, 800, 1600, 3000, 3000}) {
    const Duration wait = *rig.link.deadline() - rig.now;
    CHECK(wait >= milliseconds(step) / 2);
    CHECK(wait <= milliseconds(step));
    CHECK_FALSE(rig.connect().ok());
    CHECK(rig.link.fault() == "nobody there");
  }
  CHECK(rig.log.lines_with("nobody there; tried again until it works") == 1);
  rig.fault.reset();
  CHECK(rig.connect().value());
  // A link that is made may be refused its consumer.
  CHECK_FALSE(rig.link.fault().empty());
  rig.link.consumes(rig.now);
  CHECK(rig.link.fault().empty());
}

TEST_CASE("broker link: one that is cut again at once has not paid for its tries",
          "[broker_link]") {
  LinkRig rig;
  for (int i = 0; i < 10; ++i) {
    rig.link.consumes(rig.now);
    rig.lose();
    rig.connect().ok();
  }
  rig.link.consumes(rig.now);
  rig.lose();
  CHECK(*rig.link.deadline() - rig.now >= milliseconds(1500));
  CHECK(rig.log.lines_with("lost it") == 1);
  CHECK(rig.log.lines_with("consuming") == 1);

  rig.connect().ok();
  CHECK_FALSE(rig.link.good_from());
  rig.link.consumes(rig.now);
  CHECK(rig.link.good_from() == rig.now + seconds(10));
  rig.now += seconds(10);
  rig.lose();
  CHECK(*rig.link.deadline() - rig.now <= milliseconds(100));
  CHECK(rig.log.lines_with("lost it") == 2);
}

TEST_CASE("broker link: closes both connections, or none when there are none", "[broker_link]") {
  LinkRig rig;
  rig.link.close();
  CHECK(rig.latest_source->closed);
  CHECK(rig.latest_letters->closed);
  rig.link.drop();
  CHECK_FALSE(rig.link.is_up());
  rig.link.close();
}

}  // namespace
}  // namespace event_consumer
