// The seam to ClickHouse as the worker's main thread sees it: one request at a time, answered
// later. InserterThread implements it, tests bring a fake.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/scoreboard/durability.h"
#include "worker/batch/batch.h"
#include "worker/batch/row_writer.h"
#include "worker/insert/error_class.h"

namespace event_consumer {

// What the main thread may know of the ClickHouse that was asked last; it asks the inserter
// nothing.
struct ServerReport {
  std::string version;           // by the server's own word
  bool deduplicates = false;     // whether a batch that is posted again is stored once
  StoredIn stored_in = {};       // where the rows of an answered insert are
  std::string doubling = {};     // the tables behind views that would have such a batch twice
  std::string host = {};         // «host:port»
  std::string host_reason = {};  // why it is that one; empty where that needs no reason
  // Whether inserts may go back to the first host, with the next look at the table.
  bool may_return = false;
  // When the first certificate expires that the connection hangs on, as Unix time; 0: without TLS.
  std::int64_t certificates_until = 0;
};

struct InsertOutcome {
  enum class Kind {
    kStored,   // the server has answered that the rows are stored
    kRefused,  // the server has answered that they are not
    kUnknown,  // neither: they may be stored or not, or are being stored
  };
  Kind kind = Kind::kUnknown;
  int code = 0;         // ClickHouse's exception code, 0 when there is none
  std::string message;  // what failed, in words; empty when stored
  ErrorClass error_class = ErrorClass::kTransient;  // unless stored
  ServerReport server = {};
  // Unknown because an earlier post of the batch has not ended: this one has stored nothing.
  bool still_runs = false;
  // Refused because a view behind the table failed: the rows are in the table all the same.
  bool is_in_table = false;
  // Refused as the token proves nothing: the server was started anew since a post of the batch was
  // left without an answer; what it says is disregarded. One that was killed then may know the
  // token and not have the rows; it writes the token down first (ClickHouse's
  // src/Storages/MergeTree/MergeTreeSink.cpp: addPart of the deduplication log, then
  // renameTempPartAndAdd).
  bool is_token_void = false;
};

// The answer to the question whether the table is still what it was.
struct TableOutcome {
  enum class Kind {
    kUnchanged,
    kChanged,  // `encoding` is for the table as it is now
    kFailed,   // it could not be told; `message` and `error_class` say why
  };
  Kind kind = Kind::kFailed;
  std::optional<Encoding> encoding;
  std::string message;
  ErrorClass error_class = ErrorClass::kTransient;
  ServerReport server = {};
};

class Inserter {
 public:
  virtual ~Inserter() = default;

  // Each begins a request. Only when no other is under way.

  // Posts `batch`, which must be sealed and stay unchanged until the outcome is there.
  virtual void start(const Batch& batch) = 0;
  // Reads the table's columns again. `is_settled`: it is known of every batch whether it is stored,
  // so that the next may go to another host.
  virtual void start_table_check(bool is_settled) = 0;

  using Outcome = std::variant<InsertOutcome, TableOutcome>;

  // The outcome of the request, once: nothing while it is under way.
  virtual std::optional<Outcome> take_outcome() = 0;

  // Becomes readable when there is an outcome to take.
  virtual int fd() const = 0;
};

}  // namespace event_consumer
