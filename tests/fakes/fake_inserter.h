// FakeInserter: remembers every post; the test brings the outcome.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/batches.h"
#include "worker/insert/inserter.h"

namespace event_consumer::testing {

class FakeInserter : public Inserter {
 public:
  static constexpr int kFd = 1002;  // nobody polls it

  struct Post {
    const Batch* batch;
    std::string token;
    std::string bytes;
    std::vector<DeliveryTag> tags;
  };

  void start(const Batch& batch) override {
    if (under_way) ++overlaps;
    under_way = true;
    posts.push_back({&batch, batch.token(), std::string(batch.bytes()), tags_of(batch)});
  }

  void start_table_check(bool is_settled) override {
    was_settled = is_settled;
    if (under_way) ++overlaps;
    under_way = true;
    ++table_checks;
  }

  // For a loop that asks; without one the test hands the outcome to whoever waits for it.
  void answer(Outcome answer) { outcome_ = std::move(answer); }
  std::optional<Outcome> take_outcome() override {
    if (outcome_) under_way = false;
    return std::exchange(outcome_, std::nullopt);
  }
  int fd() const override { return kFd; }

  // Whether the batch being posted is still what it was when its post began.
  bool is_unchanged() const {
    const Post& post = posts.back();
    return post.batch->token() == post.token && post.batch->bytes() == post.bytes &&
           tags_of(*post.batch) == post.tags;
  }

  std::vector<Post> posts;
  bool under_way = false;  // the test clears it when it reports the outcome
  int table_checks = 0;
  bool was_settled = false;  // at the latest of these
  int overlaps = 0;          // requests begun while another was under way

 private:
  std::optional<Outcome> outcome_;
};

}  // namespace event_consumer::testing
