#include "worker/ledger/post_ledger.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// A broker that is killed still forgets acknowledgements that it has taken (ran: half a second, a
// classic queue). One that is there so long after it had them forgets them no more.
constexpr std::chrono::seconds kForgets{5};
// A server knows the tokens of its latest inserts only.
constexpr std::chrono::minutes kOldestAdopted{5};

constexpr char kNoEntry[] = "the outcome of a post long ago is not known yet";
constexpr char kNoRecord[] = "the outcomes of too many posts are not known yet";

}  // namespace

PostLedger::PostLedger(LedgerMemory& memory, LedgerLocks& locks, int row, TimePoint now)
    : memory_(memory), locks_(locks), row_(row) {
  take_row(now);
}

// A link that is there already is proven for the time when it was made, and no later.
bool PostLedger::take_row(TimePoint now) {
  if (is_owner_) return true;
  const int lock = LedgerLocks::of_row(row_);
  if (!locks_.try_lock(lock)) {
    say("another process has row " + std::to_string(row_), now);
    return false;
  }
  if (!memory_.claim(row_)) {
    say("no room for row " + std::to_string(row_) + ": " + std::strerror(errno), now);
    locks_.unlock(lock);
    return false;
  }
  is_owner_ = true;
  orphan_all(now);
  if (link_made_at_) own().proven_at = to_ledger_time(*link_made_at_);
  return true;
}

// It comes again with each post until somebody makes room.
void PostLedger::say(const std::string& hindrance, TimePoint now) {
  if (!log_limiter_.is_news(hindrance, now)) return;
  log::error("ledger: what is posted is not written down: {}; what comes back may be stored twice",
             hindrance);
}

PostLedger::~PostLedger() {
  for (const Held& held : held_)
    locks_.unlock(LedgerLocks::of_record(held.place.row, held.place.record));
  if (is_owner_) locks_.unlock(LedgerLocks::of_row(row_));
}

void PostLedger::link_made(TimePoint now) {
  answers_.clear();
  retired_ = 0;
  link_made_at_ = now;
  if (is_owner_) own().proven_at = to_ledger_time(now);
}

void PostLedger::link_lost(TimePoint now) {
  link_made_at_.reset();
  if (is_owner_) orphan_all(now);
}

void PostLedger::given_back(TimePoint now) {
  if (!is_owner_) return;
  own().orphaned_below = own().last_post + 1;
  own().orphaned_at = to_ledger_time(now);
}

// In this order: whoever sees that there is no link sees that its posts are orphans, too.
void PostLedger::orphan_all(TimePoint now) {
  given_back(now);
  own().proven_at = kNoLink;
}

void PostLedger::proven(TimePoint asked_at, DeliveryTag acknowledged, TimePoint now) {
  if (!is_owner_) return;
  own().proven_at = to_ledger_time(asked_at);
  for (; !answers_.empty() && asked_at - answers_.front().at >= kForgets; answers_.pop_front())
    retired_ = answers_.front().acknowledged;
  if (acknowledged > (answers_.empty() ? retired_ : answers_.back().acknowledged))
    answers_.push_back({now, acknowledged});
  retire(now);
}

void PostLedger::want_proof(std::uint64_t at) {
  std::atomic<std::uint64_t>& latest = memory_.wanted_at();
  std::uint64_t before = latest;
  while (before < at && !latest.compare_exchange_weak(before, at)) continue;
}

std::optional<TimePoint> PostLedger::proof_wanted_at(TimePoint now) const {
  if (!is_owner_) return std::nullopt;
  TimePoint wanted_at{std::chrono::nanoseconds(memory_.wanted_at())};
  if (!answers_.empty() && now - answers_.back().at >= kForgets)
    wanted_at = std::max(wanted_at, answers_.back().at + kForgets);
  return wanted_at == TimePoint{} ? std::nullopt : std::optional(wanted_at);
}

void PostLedger::came(const Fingerprint& message, bool redelivered) {
  const auto twin = twins_.came(message, redelivered);
  if (!twin || !is_owner_ || *twin < own().tail) return;
  LedgerEntry& entry = memory_.entry(row_, *twin);
  if (entry.message() == message) entry.post = 0;
}

// The entries are nothing before the record is there, and the record means nothing to anybody
// before the entries count.
void PostLedger::post(const Batch& batch, const InFlight& messages, TimePoint now) {
  if (has(batch.token()) || !take_row(now)) return;
  const std::vector<DeliveryId> completed = batch.completed();
  if (completed.empty()) return;
  if (!make_room(completed.size(), now)) return say(kNoEntry, now);
  const auto free = free_record(now);
  if (!free) return say(kNoRecord, now);
  const Place place{row_, *free};
  const InsertFormat& format = batch.format();
  if (!memory_.write_bytes(row_, *free, format.head, batch.bytes())) {
    say(std::string("no room for a post: ") + std::strerror(errno), now);
    return locks_.unlock(LedgerLocks::of_record(row_, *free));
  }
  LedgerRow& row = own();
  const PostNumber number = row.last_post + 1;
  const std::uint64_t first = row.head;
  std::uint64_t end = first;
  for (const DeliveryId id : completed) {
    const auto message = messages.fingerprint(id);
    if (!message || twins_.is_twin(*message)) continue;
    twins_.written(*message, end);
    memory_.entry(row_, end++).set(*message, id.tag, number);
  }
  PostRecord& record = this->record(place);
  record.posted_at = to_ledger_time(now);
  record.first = first;
  record.end = end;
  record.rows = batch.rows();
  record.head_bytes = format.head.size();
  record.row_bytes = batch.bytes().size();
  record.statement_bytes = format.statement_bytes;
  record.states_types = format.states_types ? 1 : 0;
  std::memset(record.token, 0, sizeof record.token);
  batch.token().copy(record.token, sizeof record.token - 1);
  row.last_post = number;
  record.post = number;
  row.head = end;
  held_.push_back({place, batch.token()});
}

std::optional<int> PostLedger::free_record(TimePoint now) {
  for (int i = 0; i < LedgerRow::kRecords; ++i)
    if (take_free({row_, i}, now)) return i;
  return std::nullopt;
}

// A post that a former owner has left, and of which no message has come back, is given up. The
// record is locked when it is free.
bool PostLedger::take_free(Place place, TimePoint now) {
  const int lock = LedgerLocks::of_record(place.row, place.record);
  if (is_held(place) || !locks_.try_lock(lock)) return false;
  const bool is_old = since_ledger_time(record(place).posted_at, now) >= LedgerRow::kComesBackNs;
  if (record(place).post != 0 && is_old) take_back(place);
  if (record(place).post == 0) return true;
  locks_.unlock(lock);
  return false;
}

bool PostLedger::is_held(Place place) const {
  return std::any_of(held_.begin(), held_.end(), [place](const Held& held) {
    return held.place.row == place.row && held.place.record == place.record;
  });
}

const PostLedger::Held* PostLedger::find(const std::string& token) const {
  for (const Held& held : held_)
    if (held.token == token) return &held;
  return nullptr;
}

void PostLedger::let_go(const std::string& token, bool is_stored) {
  const Held* held = find(token);
  if (held == nullptr) return;
  const Place place = held->place;
  if (is_stored)
    record(place).post = 0;
  else
    take_back(place);
  locks_.unlock(LedgerLocks::of_record(place.row, place.record));
  held_.erase(held_.begin() + (held - held_.data()));
}

// Only of a post whose record we have.
void PostLedger::take_back(Place place) {
  PostRecord& record = this->record(place);
  const PostNumber number = record.post & ~PostRecord::kRefused;
  record.post = number | PostRecord::kRefused;
  for (std::uint64_t i = record.first; i < record.end; ++i) {
    PostNumber expected = number;
    memory_.entry(place.row, i).post.compare_exchange_strong(expected, 0);
  }
  record.post = 0;
}

LedgerEntry* PostLedger::recognised(const Fingerprint& message, DeliveryTag tag, TimePoint now) {
  if (!is_owner_) return nullptr;
  if (!make_room(1, now)) {
    say(kNoEntry, now);
    return nullptr;
  }
  LedgerRow& row = own();
  const PostNumber number = row.last_post + 1;
  LedgerEntry& entry = memory_.entry(row_, row.head);
  entry.set(message, tag, number);
  row.last_post = number;
  row.head = row.head + 1;
  return &entry;
}

BatchPtr PostLedger::adopt(Place place, TimePoint now) {
  if (is_held(place)) return nullptr;
  const int lock = LedgerLocks::of_record(place.row, place.record);
  if (!locks_.try_lock(lock)) return nullptr;
  const PostRecord& record = this->record(place);
  const std::uint64_t post = record.post;
  const bool is_whole = record.end <= memory_.row(place.row).head;
  const bool is_fresh = since_ledger_time(record.posted_at, now) <=
                        static_cast<std::uint64_t>(Duration(kOldestAdopted).count());
  std::string bytes(record.head_bytes + record.row_bytes, '\0');
  const bool is_usable = post != 0 && (post & PostRecord::kRefused) == 0 && is_whole && is_fresh &&
                         record.states_types != 0;
  if (!is_usable || !memory_.read_bytes(place.row, place.record, bytes)) {
    if (post != 0) take_back(place);
    locks_.unlock(lock);
    return nullptr;
  }
  held_.push_back({place, record.token});
  InsertFormat format{bytes.substr(0, record.head_bytes), record.statement_bytes, true};
  bytes.erase(0, record.head_bytes);
  return Batch::restored(record.token, std::move(format), bytes, record.rows,
                         TimePoint(std::chrono::nanoseconds(record.posted_at)));
}

// The oldest entries go when there is no other room: rather twice than never.
bool PostLedger::make_room(std::uint64_t entries, TimePoint now) {
  if (entries > LedgerMemory::kEntries) return false;
  retire(now);
  LedgerRow& row = own();
  while (LedgerMemory::kEntries - (row.head - row.tail) < entries) {
    if (!give_up(memory_.entry(row_, row.tail).post, now)) return false;
    row.tail = row.tail + 1;
  }
  return true;
}

void PostLedger::retire(TimePoint now) {
  LedgerRow& row = own();
  while (row.tail < row.head && may_retire(memory_.entry(row_, row.tail), now))
    row.tail = row.tail + 1;
}

bool PostLedger::may_retire(const LedgerEntry& entry, TimePoint now) const {
  const PostNumber post = entry.post;
  if (post == 0) return true;
  if (is_undecided(post)) return false;
  if (post < own().orphaned_below)
    return since_ledger_time(own().orphaned_at, now) >= LedgerRow::kComesBackNs;
  return entry.tag <= retired_;
}

// Whether its outcome is known, or nobody waits for it any more.
bool PostLedger::give_up(PostNumber post, TimePoint now) {
  const auto record = post == 0 ? std::nullopt : own().record_of(post);
  if (!record) return true;
  if (!take_free({row_, *record}, now)) return false;
  locks_.unlock(LedgerLocks::of_record(row_, *record));
  return true;
}

bool PostLedger::is_undecided(PostNumber post) const {
  return post != 0 && own().record_of(post).has_value();
}

}  // namespace event_consumer
