// An insert that takes longer than the time-out, on a server that cannot tell a repeated one.
#include "worker/clickhouse/running_query.h"

#include "tests/fakes/batches.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/clickhouse/insert.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;
using Kind = InsertOutcome::Kind;

constexpr char kStored[] = "stored";

// A server whose inserts take as long as it has replies for questions after them; the insert is
// answered with the last one. «stored» is that answer without a question.
class SlowServer {
 public:
  explicit SlowServer(std::vector<std::string> replies)
      : replies_(std::move(replies)),
        server_([this](const HttpRequest& request) { return answer(request); }) {}

  InsertOutcome post(bool deduplicates = false) {
    Batch batch;
    testing::append(batch, testing::id(1), "\2ab");
    batch.seal();
    token_ = batch.token();
    ClickHouseHttp http(clickhouse());
    return post_batch(http, {}, batch, deduplicates);
  }

  ClickHouseServer clickhouse() const {
    return {"127.0.0.1", server_.port(), "writer", "hunter2", seconds(1)};
  }
  std::size_t questions() const { return server_.requests().size() - 1; }
  const std::string& token() const { return token_; }
  std::vector<HttpRequest> requests() const { return server_.requests(); }

 private:
  std::string answer(const HttpRequest& request) {
    if (request.body.find("INSERT") != std::string::npos) return FakeHttpServer::kLater;
    const std::string reply = replies_.at(asked_++);
    if (asked_ < replies_.size() && replies_[asked_] == kStored)
      server_.answer_waiting(http_answer(200));
    return reply;
  }

  std::vector<std::string> replies_;
  std::size_t asked_ = 0;
  std::string token_;
  testing::QuietLog quiet_;
  FakeHttpServer server_;
};

const std::string kRuns = http_answer(200, "1\n");
const std::string kGone = http_answer(200, "0\n");

TEST_CASE("running query: an insert that runs is waited for beyond the time-out", "[running]") {
  SlowServer server({kRuns, kRuns, kStored});
  CHECK((server.post().kind == Kind::kStored));
  CHECK(server.questions() == 2);
  CHECK(server.requests().back().body ==
        "SELECT count() FROM system.processes WHERE query_id = '" + server.token() + "'");
}

TEST_CASE("running query: an answer that is on its way when the query is gone is taken",
          "[running]") {
  SlowServer server({kGone, kStored});
  CHECK((server.post().kind == Kind::kStored));
  CHECK(server.questions() == 1);
}

TEST_CASE("running query: gone without an answer leaves the insert unknown", "[running]") {
  SlowServer server({kRuns, kGone});
  const InsertOutcome outcome = server.post();
  CHECK((outcome.kind == Kind::kUnknown));
  CHECK(outcome.message.find("1 rows may be stored twice") != std::string::npos);
  CHECK(server.questions() == 2);
}

TEST_CASE("running query: nothing is waited for when the question is refused", "[running]") {
  SlowServer server({GENERATE(testing::foreign_answer(200, "1\n"),
                              http_answer(500, "Code: 497. DB::Exception: No right"))});
  CHECK((server.post().kind == Kind::kUnknown));
  CHECK(server.questions() == 1);
}

TEST_CASE("running query: one that is not answered is asked again, three times", "[running]") {
  SlowServer silent({"", "", ""});
  CHECK((silent.post().kind == Kind::kUnknown));
  CHECK(silent.questions() == 3);
  SlowServer slow({"", "", kStored});
  CHECK((slow.post().kind == Kind::kStored));
}

TEST_CASE("running query: a server that is too busy for the question works", "[running]") {
  SlowServer server({http_answer(500, "Code: 202. DB::Exception: Too many queries"), kStored});
  CHECK((server.post().kind == Kind::kStored));
}

TEST_CASE("running query: where a repeated insert is noticed, nobody waits", "[running]") {
  SlowServer server({});
  CHECK((server.post(/*deduplicates=*/true).kind == Kind::kUnknown));
  CHECK(server.questions() == 0);
}

TEST_CASE("running query: it is not waited for without an end", "[running]") {
  testing::QuietLog quiet;
  FakeHttpServer server([](const HttpRequest&) { return kRuns; });
  RunningQuery query({"127.0.0.1", server.port(), "writer", "", seconds(1)}, "x",
                     std::chrono::milliseconds(1));
  CHECK(query.wait_on() > Duration::zero());
  const TimePoint asked = Clock::now();
  while (Clock::now() < asked + std::chrono::milliseconds(2)) continue;
  CHECK(query.wait_on() == Duration::zero());
  CHECK(server.requests().size() == 1);
}

}  // namespace
}  // namespace event_consumer
