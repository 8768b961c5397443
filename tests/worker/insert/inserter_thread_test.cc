#include "worker/insert/inserter_thread.h"

#include <poll.h>

#include <atomic>
#include <future>

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr int kTimeoutMs = 20'000;

Batch sealed_batch(const std::string& bytes = "row") {
  Batch batch;
  testing::append(batch, testing::id(1), bytes);
  batch.seal();
  return batch;
}

// One that is never asked about the table.
struct PostingThread : InserterThread {
  explicit PostingThread(Post post)
      : InserterThread(std::move(post), [](bool) { return TableOutcome{}; }) {}
};

bool is_readable(const InserterThread& inserter, int timeout_ms) {
  pollfd fd{inserter.fd(), POLLIN, 0};
  return poll(&fd, 1, timeout_ms) == 1;
}

InsertOutcome await_outcome(InserterThread& inserter) {
  for (;;) {
    REQUIRE(is_readable(inserter, kTimeoutMs));
    if (auto outcome = inserter.take_outcome()) return std::get<InsertOutcome>(*outcome);
  }
}

TEST_CASE("inserter thread: posts the batch on a thread of its own", "[inserter_thread]") {
  std::thread::id poster;
  const Batch* posted = nullptr;
  PostingThread inserter([&](const Batch& batch) {
    poster = std::this_thread::get_id();
    posted = &batch;
    return InsertOutcome{InsertOutcome::Kind::kRefused, 252, "too many parts"};
  });
  const Batch batch = sealed_batch();
  inserter.start(batch);
  const InsertOutcome outcome = await_outcome(inserter);
  CHECK(posted == &batch);
  CHECK(poster != std::this_thread::get_id());
  CHECK((outcome.kind == InsertOutcome::Kind::kRefused));
  CHECK(outcome.code == 252);
  CHECK(outcome.message == "too many parts");
}

TEST_CASE("inserter thread: there is no outcome before the post has ended", "[inserter_thread]") {
  std::promise<void> may_end;
  PostingThread inserter([&](const Batch&) {
    may_end.get_future().wait();
    return InsertOutcome{InsertOutcome::Kind::kStored, 0, ""};
  });
  CHECK_FALSE(inserter.take_outcome().has_value());
  const Batch batch = sealed_batch();
  inserter.start(batch);
  CHECK_FALSE(inserter.take_outcome().has_value());
  CHECK_FALSE(is_readable(inserter, 0));
  may_end.set_value();
  CHECK((await_outcome(inserter).kind == InsertOutcome::Kind::kStored));
}

TEST_CASE("inserter thread: an outcome is taken once", "[inserter_thread]") {
  PostingThread inserter([](const Batch&) {
    return InsertOutcome{InsertOutcome::Kind::kStored, 0, ""};
  });
  const Batch batch = sealed_batch();
  inserter.start(batch);
  await_outcome(inserter);
  CHECK_FALSE(inserter.take_outcome().has_value());
  CHECK_FALSE(is_readable(inserter, 0));
}

TEST_CASE("inserter thread: one post after the other, each with its outcome", "[inserter_thread]") {
  int posts = 0;
  PostingThread inserter([&](const Batch& batch) {
    ++posts;
    return InsertOutcome{InsertOutcome::Kind::kRefused, posts, std::string(batch.bytes())};
  });
  for (int i = 1; i <= 1000; ++i) {
    const Batch batch = sealed_batch(std::to_string(i));
    inserter.start(batch);
    const InsertOutcome outcome = await_outcome(inserter);
    CHECK(outcome.code == i);
    CHECK(outcome.message == std::to_string(i));
  }
}

TEST_CASE("inserter thread: checks the table on the same thread", "[inserter_thread]") {
  std::thread::id poster, checker;
  InserterThread inserter(
      [&](const Batch&) {
        poster = std::this_thread::get_id();
        return InsertOutcome{};
      },
      [&](bool) {
        checker = std::this_thread::get_id();
        return TableOutcome{TableOutcome::Kind::kFailed, std::nullopt, "gone",
                            ErrorClass::kConfiguration};
      });
  const Batch batch = sealed_batch();
  inserter.start(batch);
  await_outcome(inserter);
  inserter.start_table_check(true);
  REQUIRE(is_readable(inserter, kTimeoutMs));
  const auto outcome = inserter.take_outcome();
  REQUIRE(outcome.has_value());
  CHECK(std::get<TableOutcome>(*outcome).message == "gone");
  CHECK(checker == poster);
}

TEST_CASE("inserter thread: ends when it was never used", "[inserter_thread]") {
  const PostingThread inserter([](const Batch&) { return InsertOutcome{}; });
}

TEST_CASE("inserter thread: its end waits for a post that is under way", "[inserter_thread]") {
  const Batch batch = sealed_batch();
  std::atomic<bool> ended{false};
  std::promise<void> begun;
  std::promise<void> may_end;
  std::thread helper;
  {
    PostingThread inserter([&](const Batch&) {
      begun.set_value();
      may_end.get_future().wait();
      ended = true;
      return InsertOutcome{};
    });
    inserter.start(batch);
    begun.get_future().wait();
    helper = std::thread([&] { may_end.set_value(); });
  }
  CHECK(ended);
  helper.join();
}

}  // namespace
}  // namespace event_consumer
