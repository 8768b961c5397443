// The part of the insert stage that deals with rows the server refuses: encoding them anew for a
// table that has changed, and finding the ones at fault in a table that has not.
#include <string>
#include <utility>

#include "common/log.h"
#include "worker/insert/insert_stage.h"

namespace event_consumer {
namespace {

// When so many rows are refused one by one and nothing is stored in between, it may not be the
// rows.
constexpr std::size_t kMostSuspects = 8;

}  // namespace

Result<Done> InsertStage::adopt(Encoding encoding) {
  log::info("the table has changed: events are encoded for its new columns from here on");
  encoding_ = std::move(encoding);
  written_columns_.clear();
  std::vector<Batch> anew;
  for (Batch& batch : batches_.take_all(encoding_.format)) {
    // One that may be stored keeps its bytes and its token until that is known. A server that does
    // not compare types could take them for something else; there it is encoded anew and may
    // double.
    if (batch.may_be_stored() && batch.format().states_types) {
      anew.push_back(std::move(batch));
      continue;
    }
    if (auto done = encode_anew(batch, anew); !done) return done;
  }
  batches_.put_first(std::move(anew));
  return Done{};
}

Result<Done> InsertStage::encode_anew(const Batch& batch, std::vector<Batch>& anew) {
  Batch encoded;
  std::vector<bool> written;
  const auto finish = [&] {
    if (encoded.empty()) return;
    encoded.seal(encoding_.format_of ? encoding_.format_of(written) : encoding_.format);
    anew.push_back(std::exchange(encoded, Batch{}));
  };
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const Delivery delivery = batch.original(row);
    RowBuffer bytes;
    if (const auto rejection = encode(delivery, bytes)) {
      if (auto done = results_.refused(delivery, *rejection); !done) return done;
      continue;
    }
    if (encoding_.format_of && encoding_.encoder.written_columns() != written) {
      finish();
      written = encoding_.encoder.written_columns();
    }
    encoded.buffer().append(bytes.view());
    encoded.add(delivery, batch.oldest());
  }
  finish();
  return Done{};
}

Result<Done> InsertStage::cut_front(TimePoint now) {
  const Batch& front = *batches_.front();
  if (front.rows() == 1) return set_apart(now);
  // Once for all of its parts: each may be refused in other words.
  if (!front.is_part())
    log::warn("{}; the {} rows are cut in halves until those at fault stand alone", refusal_,
              front.rows());
  const std::size_t middle = front.rows() / 2;
  std::vector<Batch> halves;
  halves.push_back(front.part(0, middle));
  halves.push_back(front.part(middle, front.rows()));
  batches_.pop();
  batches_.put_first(std::move(halves));
  return Done{};
}

// A row is given up when it was refused alone twice and another insert was stored in between, or
// when there is nothing else to compare it with.
Result<Done> InsertStage::set_apart(TimePoint now) {
  Batch row = batches_.take_front();
  const auto refused_before = row.refused_alone_after();
  if (refused_before && *refused_before < stored_inserts_) {
    if (auto done = refuse({std::move(row), refusal_}); !done) return done;
  } else {
    row.set_refused_alone_after(stored_inserts_);
    suspects_.push_back({std::move(row), refusal_});
  }
  if (suspects_.size() + unconfirmed_refusals_ >= kMostSuspects) {
    retry_suspects();
    wait(configuration_backoff_, Next::kCheckAndPost,
         refusal_ + "; " + std::to_string(kMostSuspects) +
             " rows in a row are refused one by one, as if it were not their fault",
         now);
    return Done{};
  }
  if (batches_.front() != nullptr) return Done{};
  unconfirmed_refusals_ += suspects_.size();
  for (const Suspect& suspect : std::exchange(suspects_, {}))
    if (auto done = refuse(suspect); !done) return done;
  return Done{};
}

// They go behind all others, so that those have their try before these have another.
void InsertStage::retry_suspects() {
  std::vector<Batch> rows;
  for (Suspect& suspect : suspects_) rows.push_back(std::move(suspect.row));
  suspects_.clear();
  batches_.put_last(std::move(rows));
}

Result<Done> InsertStage::refuse(const Suspect& suspect) {
  return results_.refused(suspect.row.original(0), {Reason::kRefused, "", suspect.refusal});
}

}  // namespace event_consumer
