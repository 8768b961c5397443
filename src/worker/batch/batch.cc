#include "worker/batch/batch.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <system_error>
#include <utility>

namespace event_consumer {
namespace {

// So many inserts make a batch at most, unless one message needs more.
constexpr std::size_t kMostInserts = 8;

// 128 bits in hexadecimal digits.
std::string draw_token() {
  std::array<unsigned char, 16> random;
  ssize_t drawn;
  do {
    drawn = getrandom(random.data(), random.size(), 0);
  } while (drawn < 0 && errno == EINTR);
  // getrandom(2) delivers up to 256 bytes whole; a kernel without it cannot run us.
  if (drawn != static_cast<ssize_t>(random.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  std::string token;
  for (unsigned char byte : random) {
    constexpr const char* kDigits = "0123456789abcdef";
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  return token;
}

// From `first` to `last`, excluding `last`.
std::vector<std::size_t> numbers(std::size_t first, std::size_t last) {
  std::vector<std::size_t> numbers(last - first);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

}  // namespace

Batch* Batch::find(const InsertFormat& format) {
  for (Batch* each = this; each != nullptr; each = each->rest_.get())
    if (each->format_.get() == &format) return each;
  return nullptr;
}

bool Batch::takes(const std::vector<RowGroup>& groups) const {
  if (empty() || (!rest_ && groups.size() == 1 && groups.front().format == format_)) return true;
  std::size_t inserts = groups.size();
  for (const Batch* each = this; each != nullptr; each = each->rest_.get())
    inserts += std::none_of(groups.begin(), groups.end(), [each](const RowGroup& group) {
      return group.format == each->format_;
    });
  return inserts <= kMostInserts;
}

void Batch::add(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now) {
  if (empty()) format_ = groups.front().format;
  if (groups.size() > 1 || groups.front().format != format_) {
    const std::string bytes = take_uncounted();
    std::size_t at = 0;
    for (const RowGroup& group : groups) {
      Batch* place = find(*group.format);
      if (place == nullptr) {
        // Behind all others, with none of the rows before.
        Batch* last = this;
        while (last->rest_) last = last->rest_.get();
        place = (last->rest_ = std::make_unique<Batch>()).get();
        place->format_ = group.format;
        for (const Run& run : runs_) place->count(run.message, {}, oldest_);
      }
      place->bytes_.append(std::string_view(bytes).substr(at, group.bytes));
      at += group.bytes;
    }
  }
  for (Batch* each = this; each != nullptr; each = each->rest_.get())
    each->count(message, groups, now);
}

void Batch::count(DeliveryId message, const std::vector<RowGroup>& groups, TimePoint now) {
  if (runs_.empty()) oldest_ = now;
  std::size_t rows = 0;
  for (const RowGroup& group : groups)
    if (group.format == format_) rows += group.rows;
  runs_.push_back({message, rows, bytes_.size()});
  rows_ += rows;
}

std::string Batch::take_uncounted() {
  const std::size_t end = begin_of(runs_.size());
  std::string bytes(bytes_.view().substr(end));
  bytes_.truncate(end);
  return bytes;
}

void Batch::seal() {
  for (Batch* each = this; each != nullptr; each = each->rest_.get()) each->token_ = draw_token();
}

void Batch::renew_token() {
  token_ = draw_token();
  past_.open_since.reset();
  past_.refusals.unclear = 0;
}

std::unique_ptr<Batch> Batch::restored(std::string token, InsertFormat format,
                                       std::string_view bytes, std::size_t rows,
                                       TimePoint posted_at) {
  auto batch = std::make_unique<Batch>();
  batch->bytes_.append(bytes);
  batch->rows_ = rows;
  batch->token_ = std::move(token);
  batch->format_ = std::make_shared<const InsertFormat>(std::move(format));
  batch->set_may_be_stored(posted_at);
  batch->set_orphan();
  return batch;
}

void Batch::clear() {
  bytes_.clear();
  runs_.clear();
  rows_ = 0;
  token_.clear();
  format_.reset();
  rest_.reset();
  past_ = {};
}

std::unique_ptr<Batch> Batch::part(std::size_t first, std::size_t last) const {
  auto part = pick(this, numbers(first, last));
  for (Batch* each = part.get(); each != nullptr; each = each->rest_.get())
    each->past_.is_part = true;
  return part;
}

std::unique_ptr<Batch> Batch::only(const std::vector<std::size_t>& runs) const {
  return pick(this, runs);
}

std::unique_ptr<Batch> Batch::make_rest() const {
  return pick(rest_.get(), numbers(0, runs_.size()));
}

std::vector<DeliveryId> Batch::completed() const {
  std::vector<DeliveryId> messages;
  messages.reserve(runs_.size());
  for (std::size_t run = 0; run < runs_.size(); ++run)
    if (!rest_ || !rest_->has_rows(run)) messages.push_back(runs_[run].message);
  return messages;
}

// Here or in the rest.
bool Batch::has_rows(std::size_t run) const {
  return runs_[run].rows > 0 || (rest_ && rest_->has_rows(run));
}

// What these runs have from `from` on: without batches of no rows, and without runs that have none.
std::unique_ptr<Batch> Batch::pick(const Batch* from,
                                   const std::vector<std::size_t>& wanted) const {
  std::vector<std::size_t> runs;
  for (const std::size_t run : wanted)
    if (from != nullptr && from->has_rows(run)) runs.push_back(run);
  std::unique_ptr<Batch> picked;
  std::unique_ptr<Batch>* behind = &picked;
  for (; from != nullptr; from = from->rest_.get()) {
    auto batch = std::make_unique<Batch>();
    batch->format_ = from->format_;
    batch->past_.is_part = past_.is_part;
    batch->past_.is_outdated = past_.is_outdated;
    for (const std::size_t run : runs) {
      const auto& [message, rows, end] = from->runs_[run];
      const std::size_t begin = from->begin_of(run);
      batch->bytes_.append(from->bytes().substr(begin, end - begin));
      batch->count(message, {{from->format_, rows, end - begin}}, from->oldest_);
    }
    if (batch->rows() == 0) continue;
    *behind = std::move(batch);
    behind = &(*behind)->rest_;
  }
  if (picked) picked->seal();
  return picked;
}

}  // namespace event_consumer
