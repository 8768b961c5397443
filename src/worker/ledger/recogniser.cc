#include "worker/ledger/recogniser.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace event_consumer {
namespace {

// Between two looks, while copies wait.
constexpr std::chrono::milliseconds kPeriod{5};

// Before kNoLink alone.
constexpr std::uint64_t kJustCame = kNoLink - 1;

// So long after a worker was last known to be there, nothing of what it has posted comes back.
constexpr std::uint64_t kIsKnown =
    LedgerRow::kComesBackNs +
    static_cast<std::uint64_t>(Duration(LinkProof::kLongestSilence).count());

bool is_before(const Fingerprint& a, const Fingerprint& b) {
  return a.low != b.low ? a.low < b.low : a.high < b.high;
}

}  // namespace

void Recogniser::add(DeliveryId copy, const Fingerprint& message, TimePoint now) {
  if (copies_.empty()) next_at_ = std::max(next_at_, now);
  copies_.push_back({copy, message, now, kJustCame});
}

void Recogniser::link_made(TimePoint now) {
  link_proof_.link_made(now);
  ledger_.link_made(now);
}

// What was adopted stays: nobody else finds it out.
void Recogniser::link_lost(TimePoint now) {
  copies_.clear();
  ledger_.link_lost(now);
}

void Recogniser::given_back(TimePoint now) {
  copies_.clear();
  ledger_.given_back(now);
}

bool Recogniser::is_proof_due(DeliveryTag acknowledged, TimePoint now) const {
  return link_proof_.is_due(acknowledged, ledger_.proof_wanted_at(now), now);
}

bool Recogniser::answered(TimePoint now) {
  if (const auto question = link_proof_.answered())
    ledger_.proven(question->asked_at, question->acknowledged, now);
  return link_proof_.has_all_answers();
}

std::optional<TimePoint> Recogniser::deadline(DeliveryTag acknowledged) const {
  const auto of_proof = link_proof_.deadline(acknowledged);
  return copies_.empty() ? of_proof : earliest(of_proof, next_at_);
}

std::vector<Recogniser::Decision> Recogniser::decide(TimePoint now) {
  std::vector<Decision> decisions;
  if (copies_.empty() || now < next_at_) return decisions;
  next_at_ = now + kPeriod;
  // A turn of the loop begins before what it reads has come.
  for (auto copy = copies_.rbegin(); copy != copies_.rend() && copy->came_at == kJustCame; ++copy)
    if (copy->added_at < now) copy->came_at = to_ledger_time(now);
  look_up(now);
  asked_.clear();
  std::deque<Copy> rest;
  for (Copy& copy : copies_) {
    if (const auto decision = decide(copy, now))
      decisions.push_back(*decision);
    else
      rest.push_back(copy);
  }
  copies_ = std::move(rest);
  return decisions;
}

// Who lives is asked once: whoever takes a dead worker's row between two questions would hide what
// that one has posted, until the row says that it is of a lost link. A row says that before it says
// that it has no link. What the next one posts in a row of the dead is nobody's copy.
Recogniser::Rows Recogniser::look_at_rows() const {
  const LedgerMemory& memory = ledger_.memory();
  Rows rows;
  for (int number = 0; number < memory.rows_used(); ++number) {
    const LedgerRow& row = memory.row(number);
    const bool is_own = ledger_.owns(number);
    bool is_living = is_own;
    PostNumber end = 0;
    while (!is_living && end != row.last_post + 1) {
      end = row.last_post + 1;
      is_living = ledger_.locks().is_held_by_others(LedgerLocks::of_row(number));
    }
    if (is_living && !is_own)
      rows.proven_at = std::min<std::uint64_t>(rows.proven_at, row.proven_at);
    rows.ends.push_back(is_living ? row.orphaned_below.load() : end);
  }
  return rows;
}

void Recogniser::look_up(TimePoint now) {
  const auto is_open = [](const Copy& copy) { return !copy.is_looked_up; };
  if (std::none_of(copies_.begin(), copies_.end(), is_open)) return;
  const auto [proven_at, ends] = look_at_rows();
  std::vector<Copy*> copies;
  for (Copy& copy : copies_)
    if (is_open(copy) && copy.came_at < proven_at) copies.push_back(&copy);
  std::uint64_t latest = 0;
  for (const Copy& copy : copies_)
    if (is_open(copy) && copy.came_at < kJustCame && copy.came_at >= proven_at)
      latest = std::max(latest, copy.came_at);
  if (latest > 0) ledger_.want_proof(latest);
  std::sort(copies.begin(), copies.end(),
            [](const Copy* a, const Copy* b) { return is_before(a->message, b->message); });
  wanted_.reset();
  for (Copy* copy : copies) {
    copy->is_looked_up = true;
    wanted_.set(copy->message.low % wanted_.size());
  }
  Taken taken;
  for (const Copy& copy : copies_)
    if (copy.found) taken.insert({copy.found->row, copy.found->index});
  for (std::size_t row = 0; row < ends.size() && !copies.empty(); ++row)
    look_up_in(static_cast<int>(row), ends[row], now, taken, copies);
}

// What is found leaves `copies`, which are sorted by message.
void Recogniser::look_up_in(int row_number, PostNumber end, TimePoint now, const Taken& taken,
                            std::vector<Copy*>& copies) {
  LedgerMemory& memory = ledger_.memory();
  const LedgerRow& row = memory.row(row_number);
  const std::uint64_t proven_at = row.proven_at;
  const std::uint64_t known_at =
      std::max<std::uint64_t>(row.orphaned_at, proven_at == kNoLink ? 0 : proven_at);
  if (since_ledger_time(known_at, now) > kIsKnown) return;
  const std::uint64_t head = row.head;
  for (std::uint64_t i = row.tail; i < head && !copies.empty(); ++i) {
    const LedgerEntry& entry = memory.entry(row_number, i);
    // There may be a million others.
    if (!wanted_[entry.message_low % wanted_.size()]) continue;
    const PostNumber post = entry.post;
    // Also where a newer one has taken the place meanwhile: others may stand behind it.
    if (post == 0 || post >= end) continue;
    const Fingerprint message = entry.message();
    if (entry.post != post) continue;
    const auto range = std::equal_range(copies.begin(), copies.end(), nullptr,
                                        [&message](const Copy* a, const Copy* b) {
                                          return is_before(a == nullptr ? message : a->message,
                                                           b == nullptr ? message : b->message);
                                        });
    if (range.first == range.second) continue;
    if (taken.count({row_number, i}) > 0) continue;
    const Found found{row_number, i, post};
    if (outcome_of(found) == Outcome::kNone) continue;
    (*range.first)->found = found;
    copies.erase(range.first);
  }
}

Recogniser::Outcome Recogniser::outcome_of(const Found& found) const {
  LedgerMemory& memory = ledger_.memory();
  const LedgerRow& row = memory.row(found.row);
  if (const auto record = row.record_of(found.post)) {
    const std::uint64_t post = row.records[static_cast<std::size_t>(*record)].post;
    if (post == found.post) return Outcome::kUnknown;
    if (post == (found.post | PostRecord::kRefused)) return Outcome::kNone;
  }
  // Entries are taken back before their record goes.
  return memory.entry(found.row, found.index).post == found.post ? Outcome::kStored
                                                                 : Outcome::kNone;
}

std::optional<Recogniser::Decision> Recogniser::decide(Copy& copy, TimePoint now) {
  if (!copy.is_looked_up) return std::nullopt;
  if (!copy.found) return Decision{copy.id, false};
  switch (outcome_of(*copy.found)) {
    case Outcome::kStored:
      if (tick_off(copy, now)) return Decision{copy.id, true};
      break;
    case Outcome::kUnknown:
      find_out(*copy.found, now);
      return std::nullopt;
    case Outcome::kNone:
      break;
  }
  // It may be in another post.
  copy.found.reset();
  copy.is_looked_up = false;
  return std::nullopt;
}

// In this order: whoever dies between leaves two entries rather than none. Where another copy was
// quicker, one is enough.
bool Recogniser::tick_off(const Copy& copy, TimePoint now) {
  const auto [row, index, post] = *copy.found;
  LedgerEntry* const own = ledger_.recognised(copy.message, copy.id.tag, now);
  PostNumber expected = post;
  LedgerEntry& entry = ledger_.memory().entry(row, index);
  if (entry.post.compare_exchange_strong(expected, 0)) return true;
  if (row == ledger_.row() && index < ledger_.memory().row(row).tail) return true;
  if (own != nullptr) own->post = 0;
  return false;
}

void Recogniser::find_out(const Found& found, TimePoint now) {
  const auto record = ledger_.memory().row(found.row).record_of(found.post);
  if (!record || !asked_.insert({found.row, *record}).second) return;
  if (BatchPtr batch = ledger_.adopt({found.row, *record}, now))
    adopted_.push_back(std::move(batch));
}

}  // namespace event_consumer
