#include "tests/simulation/sim_clickhouse.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace event_consumer::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = InsertOutcome::Kind;

// The client's, for an answer.
constexpr seconds kTimeout{30};
// A worker looks so often, at least, whether another has stored anything.
constexpr seconds kWitnessIsFresh{3};

// «VERSION COLUMNS»: so tests name the columns of the rows.
std::shared_ptr<const InsertFormat> format(int version, std::size_t columns, bool states_types) {
  return std::make_shared<const InsertFormat>(
      InsertFormat{std::to_string(version) + " " + std::to_string(columns), 0, states_types});
}

std::size_t columns_of(const Batch& batch) {
  const std::string& query = batch.format().head;
  return static_cast<std::size_t>(std::atoi(query.c_str() + query.find(' ')));
}

}  // namespace

int SimClickHouse::version_of(const Batch& batch) { return std::atoi(batch.format().head.c_str()); }

// RowBinary: strings of less than 2^14 bytes, the first of which is the event's.
std::vector<Row> SimClickHouse::rows_of(const Batch& batch) {
  std::vector<Row> rows;
  std::string_view bytes = batch.bytes();
  for (std::size_t column = 0; !bytes.empty(); ++column) {
    std::size_t size = static_cast<unsigned char>(bytes[0]);
    std::size_t head = 1;
    if (size >= 128) size = size - 128 + 128 * static_cast<unsigned char>(bytes[head++]);
    if (column % columns_of(batch) == 0) rows.push_back(Ledger::row_in(bytes.substr(head, size)));
    bytes.remove_prefix(head + size);
  }
  return rows;
}

std::vector<EventId> SimClickHouse::events_of(const std::vector<Row>& rows) {
  std::vector<EventId> events;
  for (const Row& row : rows)
    if (std::find(events.begin(), events.end(), row.event) == events.end())
      events.push_back(row.event);
  return events;
}

// Columns come in three sets: the event's code; one more; one more that has a DEFAULT, and is left
// out of rows without it.
Encoding SimClickHouse::encoding() const {
  const auto string = [] { return *parse_column_type("String"); };
  if (is_misnamed(version_))
    return {std::move(*RowEncoder::create({{"wrong", string()}}, {})),
            format(version_, 1, kind_.states_types)};
  std::vector<Column> columns = {{"code", string()}};
  if (version_ % 3 == 1) columns.push_back({"option", string()});
  if (version_ % 3 == kDefault) columns.push_back({"option", string(), /*has_default=*/true});
  const auto format_of = [version = version_,
                          states_types = kind_.states_types](const std::vector<bool>& written) {
    return format(version,
                  static_cast<std::size_t>(std::count(written.begin(), written.end(), true)),
                  states_types);
  };
  Encoding encoding{std::move(*RowEncoder::create(columns, {"code"})),
                    format(version_, columns.size(), kind_.states_types)};
  if (version_ % 3 == kDefault) encoding.format_of = format_of;
  return encoding;
}

InsertOutcome SimClickHouse::failure(Kind kind, ErrorClass error_class, const char* message) const {
  return {kind, kind == Kind::kRefused ? 252 : 0, message, error_class, server_};
}

std::optional<Encoding> SimClickHouse::open(int& known) {
  if (strike(/*is_question=*/true)) return std::nullopt;
  known = version_;
  return encoding();
}

// A server that does not compare types cannot tell rows of other columns: where a worker looks
// before each post the change comes with the look, because one in between would be nobody's fault.
void SimClickHouse::change_columns() {
  if (!kind_.states_types) {
    changes_at_look_ = true;
    return;
  }
  set_version();
  // Rows without a column that was added are taken as before.
  if (world_.one_in(2)) oldest_accepted_ = version_;
  world_.note(0, "the columns change: version, oldest accepted",
              static_cast<std::uint64_t>(version_), static_cast<std::uint64_t>(oldest_accepted_));
}

void SimClickHouse::set_version() {
  ++version_;
  if (is_misnamed_) misnamed_.insert(version_);
}

void SimClickHouse::misname_columns(bool misnamed) {
  if (std::exchange(is_misnamed_, misnamed) == misnamed) return;
  world_.note(0, "the columns have names that no event has", misnamed);
  change_columns();
  if (kind_.states_types) oldest_accepted_ = version_;
}

void SimClickHouse::change_host() {
  kind_.states_types = !kind_.states_types;
  has_changed_untyped_ = true;
  set_version();
  oldest_accepted_ = version_;
  world_.note(0, "another host's turn: states types", kind_.states_types);
}

std::optional<SimClickHouse::Fault> SimClickHouse::strike(bool is_question) {
  if (!fault_ || (is_question && fault_->answers_questions)) return std::nullopt;
  return world_.one_in(fault_->one_in) ? fault_ : std::nullopt;
}

void SimClickHouse::post(const Batch& batch, int host, Posted answer) {
  if (before_post_) before_post_();
  const std::vector<Row> rows = rows_of(batch);
  const Request request{batch.token(),     rows,
                        events_of(rows),   version_of(batch),
                        columns_of(batch), batch.format().states_types,
                        oldest_accepted_,  host,
                        batch.open_since()};
  if (batch.runs().empty()) adopted_.insert(request.token);
  world_.require(given_up_.count(request.token) == 0, "posts what was given up", 0,
                 request.events.front());
  require_whole_messages(request);
  const auto fault = strike(/*is_question=*/false);
  // The client asks for that before it sends anything.
  const bool is_there = !fault || fault->kind != Fault::Kind::kAway;
  if (const auto unsent = is_there ? ask_for_token(request) : std::nullopt)
    return world_.after(latency(), [unsent, answer] { answer(*unsent); });
  if (fault && fault->kind != Fault::Kind::kSlow) return fail(*fault, request, answer);
  const Duration time = fault ? world_.between(seconds(1), seconds(25)) : latency();
  under_way_.emplace(++posts_, request);
  world_.after(time, [this, post = posts_, answer] {
    const auto carried_out = under_way_.extract(post);
    if (carried_out.empty())
      return answer(failure(Kind::kUnknown, ErrorClass::kTransient, "the connection broke"));
    answer(carry_out(carried_out.mapped()));
  });
}

// An insert has all rows of a message or, where rows leave out what is to be its DEFAULT, all that
// have the same columns.
void SimClickHouse::require_whole_messages(const Request& request) {
  if (ledger_.has_twins() || ledger_.has_voided()) return;  // what is equal can stand apart
  const bool leaves_out = request.version % 3 == kDefault;
  std::vector<Row> expected;
  for (const EventId event : request.events)
    for (std::size_t row = 0; row < ledger_[event].rows(); ++row)
      if (!leaves_out || ledger_[event].has_option[row] == (request.columns == 2))
        expected.push_back({event, row, false});
  world_.require(request.rows == expected, "an insert has a part of a message (rows, not these)", 0,
                 request.rows.size(), expected.size());
}

void SimClickHouse::set_fault(std::optional<Fault> fault) {
  fault_ = fault;
  if (!fault_) return;
  fault_->since = world_.now();
  if (fault_->kind != Fault::Kind::kAway) return;
  died_at_ = world_.now();
  for (const auto& [post, request] : std::exchange(under_way_, {})) die_over(request);
}

void SimClickHouse::set_refusing(std::optional<std::size_t> shard) {
  refusing_ = shard;
  world_.note(0, "shards that refuse every row, the first", shard ? 1 : 0, shard.value_or(0));
}

// It writes the token down before the rows.
void SimClickHouse::die_over(const Request& request) {
  const std::size_t steps = world_.number(0, kind_.deduplicates ? 2 : 1);
  if (steps == 1) store(request, false);
  if (steps < 2) return;
  world_.note(0, "dies over rows whose token it has, from event", request.rows.size(),
              request.events.front());
  const std::pair token(request.host, request.token);
  if (tokens_.emplace(token, request.rows).second) without_rows_.insert(token);
}

bool SimClickHouse::is_stored(int host, const std::string& token) const {
  return tokens_.count({host, token}) > 0 && without_rows_.count({host, token}) == 0;
}

std::optional<InsertOutcome> SimClickHouse::ask_for_token(const Request& request) {
  if (!kind_.deduplicates || !request.open_since || *request.open_since >= died_at_)
    return std::nullopt;
  if (is_stored(0, request.token) || is_stored(1, request.token))
    for (const EventId event : request.events) ++ledger_[event].given_up;
  InsertOutcome unsent = failure(Kind::kRefused, ErrorClass::kTransient, "its token is void");
  unsent.is_token_void = true;
  return unsent;
}

InsertOutcome SimClickHouse::carry_out(const Request& request) {
  // The client itself sends nothing to a server that is not the one it has encoded for.
  if (request.states_types != kind_.states_types)
    return failure(Kind::kRefused, ErrorClass::kConfiguration, "another format");
  // What was begun before the columns change may be stored behind it.
  const int oldest = world_.one_in(2) ? request.oldest_accepted : oldest_accepted_;
  if (kind_.states_types && request.version < oldest) {
    return failure(Kind::kRefused,
                   version_ % 2 == 0 ? ErrorClass::kData : ErrorClass::kConfiguration,
                   "other columns");
  }
  if (holds(request, EventKind::kPoison))
    return failure(Kind::kRefused, ErrorClass::kData, "a row is bad");
  if (const auto refusing = refusing_shards(request); !refusing.empty()) {
    store_parts(request, refusing);
    return failure(Kind::kRefused, ErrorClass::kUnclear, "a row is bad, in other words");
  }
  if (holds(request, EventKind::kViewPoison)) {
    store(request, false, /*view_fails=*/true);
    InsertOutcome refused = failure(Kind::kRefused, ErrorClass::kUnclear, "a view chokes");
    refused.is_in_table = true;
    return refused;
  }
  store(request, true);
  InsertOutcome stored;
  stored.kind = Kind::kStored;
  stored.server = server_;
  return stored;
}

bool SimClickHouse::holds(const Request& request, EventKind kind) const {
  return std::any_of(request.rows.begin(), request.rows.end(),
                     [&](const Row& row) { return row.is_bad && ledger_[row.event].kind == kind; });
}

std::size_t SimClickHouse::shard_of(EventId event) const {
  return std::hash<std::string>()(ledger_[event].body) % kind_.shards;
}

// Of those that get rows of it.
std::set<std::size_t> SimClickHouse::refusing_shards(const Request& request) const {
  std::set<std::size_t> refusing;
  for (const Row& row : request.rows) {
    const std::size_t shard = shard_of(row.event);
    const bool is_bad = row.is_bad && ledger_[row.event].kind == EventKind::kUnclear;
    if (is_bad || shard == refusing_) refusing.insert(shard);
  }
  return refusing;
}

// Each of the other shards may have stored its part of the insert.
void SimClickHouse::store_parts(const Request& request, const std::set<std::size_t>& refusing) {
  for (std::size_t shard = 0; shard < kind_.shards; ++shard) {
    if (refusing.count(shard) > 0 || world_.one_in(2)) continue;
    for (const Row& row : request.rows)
      if (shard_of(row.event) == shard) ++ledger_[row.event].copies[row.number];
    for (const EventId event : request.events)
      if (shard_of(event) == shard) ++ledger_[event].unanswered;
  }
}

void SimClickHouse::store(const Request& request, bool is_told, bool view_fails) {
  if (holds(request, EventKind::kPoison) || holds(request, EventKind::kUnclear)) return;
  if (fault_) fault_->stored_meanwhile = true;
  const auto [at, is_new] = tokens_.emplace(std::pair(request.host, request.token), request.rows);
  world_.require(at->second == request.rows, "one token for different rows");
  const bool stores = is_new || !kind_.deduplicates;
  world_.note(0, stores ? "stores rows, from event" : "knows the token of rows, from event",
              request.rows.size(), request.events.front());
  for (const Row& row : request.rows) {
    world_.whisper(0, "is stored: event, row", row.event, row.number);
    if (stores) ++ledger_[row.event].copies[row.number];
  }
  const bool was_stored = !is_new || tokens_.count({1 - request.host, request.token}) > 0;
  const bool is_adopted = adopted_.count(request.token) > 0;
  for (const EventId event : request.events) {
    if (stores && was_stored && is_adopted) ++ledger_[event].given_up;
    if (stores && !is_told) ++ledger_[event].unanswered;
    if (stores && view_fails) ++ledger_[event].by_view;
  }
}

void SimClickHouse::fail(const Fault& fault, const Request& request, const Posted& answer) {
  const auto later = [&](Duration time, const InsertOutcome& outcome, bool stores = false) {
    world_.after(time, [this, request, answer, outcome, stores, died_at = died_at_] {
      if (stores && died_at == died_at_) store(request, false, outcome.is_in_table);
      answer(outcome);
    });
  };
  const InsertOutcome unknown = failure(Kind::kUnknown, ErrorClass::kTransient, "no answer");
  switch (fault.kind) {
    case Fault::Kind::kSlow:
      break;
    case Fault::Kind::kAway:
      return later(world_.between(milliseconds(1), seconds(5)),
                   failure(Kind::kRefused, ErrorClass::kTransient, "cannot reach it"));
    case Fault::Kind::kHangs:
      if (world_.one_in(2))
        world_.after(world_.between(milliseconds(10), seconds(90)),
                     [this, request, died_at = died_at_] {
                       if (died_at == died_at_) store(request, false);
                     });
      return later(kTimeout, unknown);
    case Fault::Kind::kLosesAnswers:
      return later(latency(), unknown, fault.stores ? *fault.stores : world_.one_in(2));
    case Fault::Kind::kRefuses:
      refuse(fault, request);
      return later(latency(), failure(Kind::kRefused, fault.error_class, "refused"));
    case Fault::Kind::kViewFails:
      refuse(fault, request);
      const bool is_data = fault.error_class == ErrorClass::kData;
      InsertOutcome refused = failure(
          Kind::kRefused, is_data ? ErrorClass::kUnclear : fault.error_class, "a view failed");
      refused.is_in_table = true;
      return later(latency(), refused, true);
  }
}

// One event alone may be taken for bad when others are stored between. Where the server calls no
// row bad, and refuses all, that is when the fault has just begun.
void SimClickHouse::refuse(const Fault& fault, const Request& request) {
  if (request.events.size() != 1) return;
  const bool is_clear =
      fault.kind == Fault::Kind::kRefuses && fault.error_class == ErrorClass::kData;
  const bool is_new = world_.now() - fault.since < kWitnessIsFresh;
  if (is_clear || is_new || fault.one_in > 1 || fault.stored_meanwhile)
    ledger_[request.events.front()].is_wronged = true;
}

void SimClickHouse::look(std::shared_ptr<int> known, Looked answer) {
  const auto fault = strike(/*is_question=*/true);
  Duration time = latency();
  if (fault && fault->kind == Fault::Kind::kHangs) time = kTimeout;
  if (fault && fault->kind == Fault::Kind::kSlow) time = world_.between(seconds(1), seconds(25));
  const bool fails = fault && fault->kind != Fault::Kind::kSlow;
  const ErrorClass error_class = fault && fault->error_class == ErrorClass::kConfiguration
                                     ? ErrorClass::kConfiguration
                                     : ErrorClass::kTransient;
  world_.after(time, [this, known, answer, fails, error_class] {
    TableOutcome outcome;
    outcome.server = server_;
    if (std::exchange(changes_at_look_, false)) has_changed_untyped_ = true, set_version();
    if (fails) {
      outcome.message = "the table cannot be looked at";
      outcome.error_class = error_class;
    } else if (*known == version_) {
      outcome.kind = TableOutcome::Kind::kUnchanged;
    } else {
      outcome.kind = TableOutcome::Kind::kChanged;
      outcome.encoding = encoding();
      *known = version_;
    }
    answer(std::move(outcome));
  });
}

}  // namespace event_consumer::simulation
