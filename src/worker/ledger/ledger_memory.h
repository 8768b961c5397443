// LedgerMemory: where the workers of an instance write down what they post, so that it outlives
// each of them: a file of shared memory with a page for each row of the scoreboard. Only the
// layout, and who may write: one worker at a time, the one that has the row (LedgerLocks).
//
// A row is a ring of entries, one for each message that was posted, and a few records, one for each
// post whose outcome is not known, with its bytes. A post is there when its record has its number;
// the entries before `head` belong to it then. Zeros are a row that was never used.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/fingerprint.h"
#include "common/ledger_file.h"
#include "common/result.h"
#include "common/scoreboard/worker_record.h"
#include "common/unique_fd.h"

namespace event_consumer {

// Numbers the posts of a row, also of its successive owners, from 1.
using PostNumber = std::uint64_t;

struct LedgerEntry {
  std::atomic<std::uint64_t> message_high;
  std::atomic<std::uint64_t> message_low;
  std::atomic<PostNumber> post;  // 0: it counts for nothing
  std::uint64_t tag;             // of the delivery, for the owner

  // Whoever reads the same post before and after has read the message between.
  Fingerprint message() const {
    return {message_high.load(std::memory_order_acquire),
            message_low.load(std::memory_order_acquire)};
  }
  void set(const Fingerprint& message, std::uint64_t new_tag, PostNumber new_post) {
    post.store(0, std::memory_order_relaxed);
    message_high.store(message.high, std::memory_order_release);
    message_low.store(message.low, std::memory_order_release);
    tag = new_tag;
    post.store(new_post, std::memory_order_release);
  }
};

struct PostRecord {
  static constexpr std::uint64_t kRefused = std::uint64_t{1} << 63;

  // Its number while its outcome is not known; with kRefused once its rows are known not to be
  // stored, until its entries are taken back; 0: none. So a post that has entries and no record is
  // stored.
  std::atomic<std::uint64_t> post;
  std::uint64_t posted_at;  // MonotonicTime
  std::uint64_t first;      // index of its first entry
  std::uint64_t end;        // … and behind its last
  std::uint64_t rows;
  std::uint64_t head_bytes;  // InsertFormat::head; the rows follow
  std::uint64_t row_bytes;
  std::uint64_t statement_bytes;  // InsertFormat
  std::uint32_t states_types;     // InsertFormat
  char token[36];
};

// A page, so that no two owners write to one.
struct alignas(4096) LedgerRow {
  static constexpr int kRecords = 8;
  // What has not come back after ten minutes will not: it was acknowledged, or was lost with its
  // broker.
  static constexpr std::uint64_t kComesBackNs = 600'000'000'000;

  // Its owner's link to the broker was there at this MonotonicTime; kNoLink: there is none, and
  // what came over one is dropped.
  std::atomic<std::uint64_t> proven_at;
  // Posts below this number are of links that are lost, or of what was given back.
  std::atomic<PostNumber> orphaned_below;
  std::atomic<std::uint64_t> orphaned_at;  // MonotonicTime, when that changed last
  std::atomic<PostNumber> last_post;
  std::atomic<std::uint64_t> tail;  // index of the oldest entry
  std::atomic<std::uint64_t> head;  // behind the newest
  std::array<PostRecord, kRecords> records;

  // The number of the record that the post has; nothing: it has none.
  std::optional<int> record_of(PostNumber number) const {
    for (int i = 0; i < kRecords; ++i)
      if ((records[static_cast<std::size_t>(i)].post & ~PostRecord::kRefused) == number) return i;
    return std::nullopt;
  }
};

constexpr std::uint64_t kNoLink = ~std::uint64_t{0};

// As the ledger has it.
inline std::uint64_t to_ledger_time(TimePoint time) {
  return static_cast<std::uint64_t>(to_monotonic_time(time));
}

// How long ago that was. Nothing when it is still to come: others write while a turn of ours goes
// on, which began at `now`.
inline std::uint64_t since_ledger_time(std::uint64_t then, TimePoint now) {
  return to_ledger_time(now) > then ? to_ledger_time(now) - then : 0;
}

class LedgerMemory {
 public:
  static constexpr int kRows = 512;  // two a slot, as on the scoreboard
  static constexpr std::uint64_t kEntries = 1 << 18;
  static constexpr std::uint64_t kMostBytes = 1 << 30;  // of a post

  // One that nobody else sees.
  static Result<LedgerMemory> without_sharing();
  // The one of common/ledger_file.h.
  static Result<LedgerMemory> attach(UniqueFd fd);

  LedgerMemory(LedgerMemory&& other) noexcept;
  LedgerMemory& operator=(LedgerMemory&&) = delete;
  ~LedgerMemory();

  int fd() const { return fd_.get(); }
  // Whether it is a file, which outlives all processes; and whether it outlives this one.
  bool is_file() const { return head_->label[0] != 0; }
  bool is_shared() const { return is_shared_; }

  LedgerRow& row(int number) const { return rows_[number]; }
  LedgerEntry& entry(int row, std::uint64_t index);

  // All links are to be proven after this MonotonicTime.
  std::atomic<std::uint64_t>& wanted_at() const { return head_->wanted_at; }
  // No row from here on was ever used.
  int rows_used() const { return static_cast<int>(head_->rows_used); }

  // The bytes of a post. Both say whether it was done whole.
  bool write_bytes(int row, int record, std::string_view head, std::string_view rows) const;
  bool read_bytes(int row, int record, std::string& bytes) const;

  // The row is used from here on. Whether there is room for its ring.
  bool claim(int row) const;

 private:
  explicit LedgerMemory(UniqueFd fd) : fd_(std::move(fd)) {}
  struct Head {
    char label[kLedgerLabelBytes];
    std::atomic<std::uint64_t> wanted_at;
    std::atomic<std::uint64_t> rows_used;
  };

  Result<Done> map();
  bool take_room(std::uint64_t offset, std::uint64_t bytes) const;
  void* map_part(std::uint64_t offset, std::size_t bytes) const;

  UniqueFd fd_;
  bool is_shared_ = true;
  LedgerRow* rows_ = nullptr;
  Head* head_ = nullptr;
  std::vector<LedgerEntry*> rings_ = std::vector<LedgerEntry*>(kRows);  // mapped when first needed
};

}  // namespace event_consumer
