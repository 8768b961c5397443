// Footprint: what the processes of an instance have of the machine at a moment, and whether that
// stays as it is in a long run.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace event_consumer::testing {

// All but the ledger is that of processes which differ in number from one moment to the next: so it
// is counted for each of a kind, and the largest is what counts.
struct Footprint {
  static constexpr std::uint64_t kWorkers = 3;

  std::uint64_t supervisor_memory = 0;  // its own
  std::uint64_t status_memory = 0;
  std::uint64_t worker_memory = 0;
  std::uint64_t worker_rss = 0;
  std::uint64_t all_rss = 0;                 // of all together, if there were kWorkers of that size
  std::uint64_t supervisor_descriptors = 0;  // but the one for each worker
  std::uint64_t status_descriptors = 0;
  std::uint64_t worker_descriptors = 0;
  std::uint64_t ledger_bytes = 0;  // that its file takes of the disk
};

// Of that supervisor and its children. Nothing: one of them is not there at this moment.
std::optional<Footprint> look_at_footprint(pid_t supervisor, const std::string& state_directory);

// One member of it, in a whole run.
struct Measure {
  const char* name;
  std::uint64_t Footprint::*member;
  double most;                // so many times of what it was it may become; 0: anything
  std::uint64_t in_hand = 0;  // and so many bytes more, which come and go with the load
};
const std::vector<Measure>& measures();

struct Trend {
  const Measure* of;
  std::uint64_t first = 0;  // the median of the first tenth
  std::uint64_t last = 0;   // … and of the last
  bool is_flat = true;
};

// Of all measures. Empty where there are so few looks that a tenth is not one of them.
std::vector<Trend> trends_of(const std::vector<Footprint>& looks);

// So many looks it takes for trends to be held against a run: each tenth has five then, of which a
// worker that has just been started, or a reload that goes on, is not the median.
constexpr std::size_t kLooksToJudge = 50;

}  // namespace event_consumer::testing
