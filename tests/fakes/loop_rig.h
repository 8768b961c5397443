// LoopRig: a worker's whole loop between fakes, on virtual time. A test plans what happens at each
// wait; when the plan is over the worker is asked to stop, and its neighbours answer as they
// should.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/settlement_rig.h"
#include "worker/loop/worker_loop.h"

namespace event_consumer::testing {

class LoopRig {
 public:
  using Kind = SourceEvent::Kind;
  using Step = std::function<void()>;

  static constexpr std::chrono::seconds kStopTimeout{10};
  static constexpr std::chrono::seconds kHoldTimeout{60};

  explicit LoopRig(std::size_t rows = 1, std::size_t bytes = 1000) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0) {
      supervisor = UniqueFd(ends[0]);
      worker_end_ = UniqueFd(ends[1]);
    }
    settlement = std::make_unique<Settlement>(
        SettlementLimits{{rows, bytes, std::chrono::milliseconds(1000)}}, code_encoding(), guard,
        inserter, ledger_of_one.ledger);
  }

  // Runs the loop with these steps, one at each wait, and then to its end.
  Result<Done> run(std::vector<Step> steps, std::uint64_t max_events = 0) {
    for (Step& step : steps) events.plan(std::move(step));
    events.plan([this] { events.raise(SIGTERM); });
    for (int i = 0; i < 100; ++i) events.plan([this] { answer_stop(); });
    return WorkerLoop({events, *link, inserter, *settlement, status},
                      SupervisorPipe(std::move(worker_end_), max_events), window,
                      {kStopTimeout, kHoldTimeout})
        .run();
  }

  // Steps.
  void arrives(Kind kind) { source->arriving.push_back({kind}); }
  void delivers(const std::string& body) { source->arriving.push_back({Kind::kDelivery, body}); }
  void delivers_good() { delivers(R"({"code":"ab"})"); }
  // Which its queue would drop if it came back.
  void delivers_last() { source->arriving.push_back({Kind::kDelivery, R"({"code":"ab"})", true}); }
  void stores(const ServerReport& server = {}) {
    InsertOutcome outcome{};
    outcome.kind = InsertOutcome::Kind::kStored;
    outcome.server = server;
    inserter.answer(std::move(outcome));
  }
  void table_is_unchanged() {
    TableOutcome outcome{};
    outcome.kind = TableOutcome::Kind::kUnchanged;
    inserter.answer(std::move(outcome));
  }
  void fails(ErrorClass error_class = ErrorClass::kTransient) {
    inserter.answer(InsertOutcome{InsertOutcome::Kind::kRefused, 252, "no", error_class});
  }
  void loses_link() { source->lost = Error{ErrorKind::kLinkLost, "the link broke"}; }
  void time_passes(Duration duration) { events.time += duration; }
  // To the time at which the loop wants to be called.
  void deadline_comes() { events.time = std::max(events.time, *events.deadline); }

  WorkerRecord& record() { return status.record(); }
  WorkerState state() { return record().state; }
  // What the supervisor was told.
  std::string messages() const {
    char bytes[16];
    const ssize_t got = read(supervisor.get(), bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : "";
  }

  QuietLog quiet;
  FakeEventLoop events;
  FakeInserter inserter;
  FakeSource* source = nullptr;  // of the latest link
  FakeDeadLetters* letters = nullptr;
  std::optional<Error> connect_fault;
  PrefetchWindow window{100, 1'000'000};
  bool answers_inserts = true;  // when the plan is over
  WorkerStatus status{std::move(*WorkerStatus::open(CommandLine{}))};
  CrashGuard guard{status.board(), status.address()};
  std::unique_ptr<BrokerLink> link = std::make_unique<BrokerLink>(make_connections(), [this] {
    using Connecting = BrokerLink::Connecting;
    if (connect_fault) return Connecting::ended(*connect_fault);
    return Connecting::ended(make_connections());
  });
  PrivateLedger ledger_of_one{events.now()};
  std::unique_ptr<Settlement> settlement;
  UniqueFd supervisor;

 private:
  BrokerLink::Connections make_connections() {
    auto new_source = std::make_unique<FakeSource>();
    auto new_letters = std::make_unique<FakeDeadLetters>();
    source = new_source.get();
    letters = new_letters.get();
    return {std::move(new_source), std::move(new_letters)};
  }

  // As healthy servers do.
  void answer_stop() {
    if (!link->is_up()) return deadline_comes();
    if (inserter.under_way && answers_inserts) return stores();
    letters->to_confirm = 100;
    if (source->consumes && source->cancel_calls > 0) return arrives(Kind::kCancelled);
    if (source->settle_calls > 0) return arrives(Kind::kSettled);
    deadline_comes();
  }

  UniqueFd worker_end_;
};

}  // namespace event_consumer::testing
