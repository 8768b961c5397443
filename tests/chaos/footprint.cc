#include "tests/chaos/footprint.h"

#include <sys/stat.h>

#include <algorithm>

#include "tests/support/proc.h"

namespace event_consumer::testing {
namespace {

std::uint64_t bytes_on_disk(const std::string& path) {
  struct stat facts {};
  constexpr std::uint64_t kBlock = 512;  // see stat(3type)
  return stat(path.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_blocks) * kBlock : 0;
}

bool serves_status(pid_t pid) {
  return command_line(pid).find("--serve-status") != std::string::npos;
}

std::uint64_t median_of(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::uint64_t median_of(std::vector<Footprint>::const_iterator first,
                        std::vector<Footprint>::const_iterator last,
                        std::uint64_t Footprint::*member) {
  std::vector<std::uint64_t> values;
  for (auto look = first; look != last; ++look) values.push_back((*look).*member);
  return median_of(std::move(values));
}

}  // namespace

std::optional<Footprint> look_at_footprint(pid_t supervisor, const std::string& state_directory) {
  Footprint look;
  std::uint64_t workers = 0, workers_rss = 0, others_rss = rss_bytes(supervisor);
  look.supervisor_memory = private_bytes(supervisor);
  for (const pid_t child : child_pids(supervisor)) {
    const std::uint64_t rss = rss_bytes(child), descriptors = descriptor_count(child);
    if (serves_status(child)) {
      others_rss += rss;
      look.status_memory = private_bytes(child);
      look.status_descriptors = descriptors;
    } else {
      ++workers;
      workers_rss += rss;
      look.worker_memory = std::max(look.worker_memory, private_bytes(child));
      look.worker_rss = std::max(look.worker_rss, rss);
      look.worker_descriptors = std::max(look.worker_descriptors, descriptors);
    }
  }
  const std::uint64_t descriptors = descriptor_count(supervisor);
  look.ledger_bytes = bytes_on_disk(state_directory + "/ledger");
  if (workers == 0 || look.status_descriptors == 0 || descriptors < workers) return std::nullopt;
  look.supervisor_descriptors = descriptors - workers;
  look.all_rss = others_rss + workers_rss * Footprint::kWorkers / workers;
  return look;
}

const std::vector<Measure>& measures() {
  constexpr std::uint64_t kBatch = 8 << 20;  // --batch-bytes
  // A process has as many descriptors as it needs. Its memory differs by what it has in hand, that
  // of a worker by a batch; the ledger by how large the posts were. The RSS of a worker also counts
  // each page of the ledger that it has looked at: 8 MiB for each that ever was, until a million
  // events have filled them.
  static const std::vector<Measure> all = {
      {"memory of the supervisor", &Footprint::supervisor_memory, 1.2},
      {"memory of the status process", &Footprint::status_memory, 1.2},
      {"memory of the largest worker", &Footprint::worker_memory, 1.2, kBatch},
      {"RSS of the largest worker", &Footprint::worker_rss, 0},
      {"RSS of all, with three workers", &Footprint::all_rss, 0},
      {"descriptors of the supervisor", &Footprint::supervisor_descriptors, 1},
      {"descriptors of the status process", &Footprint::status_descriptors, 1},
      {"descriptors of a worker", &Footprint::worker_descriptors, 1},
      {"ledger on the disk", &Footprint::ledger_bytes, 1.2},
  };
  return all;
}

std::vector<Trend> trends_of(const std::vector<Footprint>& looks) {
  std::vector<Trend> trends;
  const auto tenth = static_cast<std::ptrdiff_t>(looks.size() / 10);
  if (tenth == 0) return trends;
  for (const Measure& measure : measures()) {
    Trend trend{&measure, median_of(looks.begin(), looks.begin() + tenth, measure.member),
                median_of(looks.end() - tenth, looks.end(), measure.member)};
    const double most =
        measure.most * static_cast<double>(trend.first) + static_cast<double>(measure.in_hand);
    trend.is_flat = measure.most == 0 || static_cast<double>(trend.last) <= most;
    trends.push_back(trend);
  }
  return trends;
}

}  // namespace event_consumer::testing
