#include "supervisor/status/history.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "common/scoreboard/counter_table.h"
#include "supervisor/instance_summary.h"

namespace event_consumer {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

HistorySample sample_of(const Scoreboard& board, TimePoint now) {
  const InstanceSummary summary = summarise(board);
  const WorkerCounters& counters = summary.counters;
  HistorySample sample{};
  sample.at = to_monotonic_time(now);
  sample.received = counters.received;
  sample.inserted = counters.inserted;
  sample.dead_lettered = counters.dead_lettered;
  sample.inserts = counters.insert_seconds.count();
  sample.insert_seconds = counters.insert_seconds.sum;
  sample.failed_inserts = total_of(counters.failed_inserts);
  sample.lost_links = total_of(counters.reconnects);
  sample.deaths = total_of(board.supervisor().read().deaths);
  sample.in_hand = summary.in_hand;
  if (summary.oldest_taken_at != 0)
    sample.oldest_seconds = seconds_since(summary.oldest_taken_at, now);
  return sample;
}

void write(Writer& writer, std::uint64_t number) { writer.Uint64(number); }
// To the millisecond.
void write(Writer& writer, double seconds) { writer.Double(std::round(seconds * 1000) / 1000); }

// An array of what `value_of` gives for each sample.
template <typename ValueOf>
void add(Writer& writer, std::string_view key, const HistoryRing& ring, const ValueOf& value_of) {
  writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  writer.StartArray();
  for (std::size_t i = 0; i < ring.size(); ++i) write(writer, value_of(ring.sample(i)));
  writer.EndArray();
}

void add_dead_letters(Writer& writer, const HistoryRing& ring) {
  writer.Key("dead_lettered");
  writer.StartObject();
  for (std::size_t reason = 0; ring.size() > 0 && reason < kReasonCount; ++reason)
    if (ring.sample(ring.size() - 1).dead_lettered[reason] > 0)
      add(writer, kReasonSlugs[reason], ring,
          [&](const HistorySample& sample) { return sample.dead_lettered[reason]; });
  writer.EndObject();
}

}  // namespace

History::History(const Scoreboard& board) : board_(board), ring_(board.history().read()) {}

void History::act(TimePoint now) {
  if (const auto due_at = ring_.due_at(); due_at && now < *due_at) return;
  ring_.add(sample_of(board_, now));
  board_.history().publish(ring_);
}

std::string History::json(TimePoint now) const {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  const auto column = [&](const char* key, auto HistorySample::*member) {
    add(writer, key, ring_, [&](const HistorySample& sample) { return sample.*member; });
  };
  writer.StartObject();
  writer.Key("interval_seconds");
  writer.Int64(HistoryRing::kInterval.count());
  add(writer, "seconds_ago", ring_,
      [&](const HistorySample& sample) { return seconds_since(sample.at, now); });
  column("received", &HistorySample::received);
  column("inserted", &HistorySample::inserted);
  add_dead_letters(writer, ring_);
  column("inserts", &HistorySample::inserts);
  column("insert_seconds", &HistorySample::insert_seconds);
  column("failed_inserts", &HistorySample::failed_inserts);
  column("lost_links", &HistorySample::lost_links);
  column("deaths", &HistorySample::deaths);
  column("in_hand", &HistorySample::in_hand);
  column("oldest_seconds", &HistorySample::oldest_seconds);
  writer.EndObject();
  return buffer.GetString() + std::string("\n");
}

}  // namespace event_consumer
