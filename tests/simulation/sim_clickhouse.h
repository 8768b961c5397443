// SimClickHouse: one table of a ClickHouse that can fail in many ways. It reads the rows out of the
// bytes that reach it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/sim_source.h"
#include "worker/insert/inserter.h"

namespace event_consumer::simulation {

struct TableKind {
  bool deduplicates = true;
  bool states_types = true;  // the server compares the types of columns itself
  int columns = 0;           // the first of its three sets of columns
  std::size_t shards = 1;    // more: it is Distributed
};

class SimClickHouse {
 public:
  // What may be wrong with it, for a while.
  struct Fault {
    enum class Kind {
      kAway,   // nobody listens: it is killed, and started again at the end
      kHangs,  // answers come after the client's time-out, or drip; rows may be stored before or
               // after
      kLosesAnswers,  // connections break, before rows are stored or after
      kSlow,
      kRefuses,    // with an error of `error_class`
      kViewFails,  // rows are stored, and then refused, never as bad ones
    };
    Kind kind;
    ErrorClass error_class = ErrorClass::kTransient;
    std::size_t one_in = 1;          // of so many requests
    bool answers_questions = false;  // only inserts fail
    TimePoint since{};
    bool stored_meanwhile = false;
    std::optional<bool> stores = std::nullopt;  // kLosesAnswers: not before
  };

  using Posted = std::function<void(const InsertOutcome&)>;
  using Looked = std::function<void(TableOutcome)>;

  SimClickHouse(World& world, Ledger& ledger, const TableKind& kind)
      : world_(world), ledger_(ledger), kind_(kind), version_(kind.columns) {
    if (kind.shards > 1) server_.stored_in.durability = Durability::kShards;
  }

  const TableKind& kind() const { return kind_; }

  // Each is answered later.
  void post(const Batch& batch, int host, Posted answer);
  // `known` is the version of the columns that the client knows; becomes the present one.
  void look(std::shared_ptr<int> known, Looked answer);

  // Nobody is to post it again.
  void give_up(const std::string& token) { given_up_.insert(token); }

  // The columns as they are now, for one that starts. Nothing when it cannot be asked.
  std::optional<Encoding> open(int& known);

  void set_fault(std::optional<Fault> fault);
  // This shard refuses every row that it gets, for no clear reason; or none does.
  void set_refusing(std::optional<std::size_t> shard);
  void change_columns();
  // Another host's turn, which has the same rows and knows another format.
  void change_host();
  // Somebody gives the columns names that no event has; or gives them theirs again.
  void misname_columns(bool misnamed);
  // Whether no event fits a client that knows this version.
  bool is_misnamed(int version) const { return misnamed_.count(version) > 0; }
  // Whether rows may have been encoded anew although nobody has refused their bytes.
  bool has_changed_untyped() const { return has_changed_untyped_; }

  bool has_fault() const { return fault_ || refusing_; }

  // Done before each post is looked at.
  void before_posts(std::function<void()> action) { before_post_ = std::move(action); }

  // How many sets of columns there were.
  int versions() const { return version_ - kind_.columns + 1; }
  // Whether one of them had a DEFAULT: rows that leave it out need an insert of their own.
  bool had_default() const { return version_ >= kDefault; }

  // Of the columns that it has.
  static int version_of(const Batch& batch);
  static std::vector<Row> rows_of(const Batch& batch);
  // Each once.
  static std::vector<EventId> events_of(const std::vector<Row>& rows);

 private:
  // The version of the columns, modulo 3, that has one with a DEFAULT.
  static constexpr int kDefault = 2;

  struct Request {
    std::string token;
    std::vector<Row> rows;
    std::vector<EventId> events;  // of these, each once
    int version;
    std::size_t columns;
    bool states_types;
    int oldest_accepted;
    int host;  // each knows its own tokens
    std::optional<TimePoint> open_since;
  };

  std::optional<Fault> strike(bool is_question);
  // That its token proves nothing any more, where it does not.
  std::optional<InsertOutcome> ask_for_token(const Request& request);
  InsertOutcome carry_out(const Request& request);
  bool holds(const Request& request, EventKind kind) const;
  std::size_t shard_of(EventId event) const;
  std::set<std::size_t> refusing_shards(const Request& request) const;
  void store_parts(const Request& request, const std::set<std::size_t>& refusing);
  void require_whole_messages(const Request& request);
  void refuse(const Fault& fault, const Request& request);
  void store(const Request& request, bool is_told, bool view_fails = false);
  void die_over(const Request& request);
  bool is_stored(int host, const std::string& token) const;
  void fail(const Fault& fault, const Request& request, const Posted& answer);
  void set_version();
  InsertOutcome failure(InsertOutcome::Kind kind, ErrorClass error_class,
                        const char* message) const;
  Encoding encoding() const;
  Duration latency() {
    return world_.between(std::chrono::milliseconds(1), std::chrono::milliseconds(300));
  }

  World& world_;
  Ledger& ledger_;
  TableKind kind_;
  ServerReport server_{"simulated", true};
  std::optional<Fault> fault_;
  std::optional<std::size_t> refusing_;  // shard
  int version_;                          // of the columns
  int oldest_accepted_ = 0;
  bool is_misnamed_ = false;                    // from the next version on
  std::set<int> misnamed_;                      // versions
  std::map<std::uint64_t, Request> under_way_;  // by number
  std::uint64_t posts_ = 0;                     // so many were under way
  TimePoint died_at_{};                         // the last time; what was under way went with it
  bool changes_at_look_ = false;
  bool has_changed_untyped_ = false;
  std::function<void()> before_post_;
  std::map<std::pair<int, std::string>, std::vector<Row>> tokens_;
  std::set<std::pair<int, std::string>> without_rows_;  // of these
  std::set<std::string> given_up_;                      // tokens
  std::set<std::string> adopted_;  // tokens that dead workers have left to others
};

}  // namespace event_consumer::simulation
