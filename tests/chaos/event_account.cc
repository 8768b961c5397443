#include "tests/chaos/event_account.h"

#include <algorithm>
#include <limits>

namespace event_consumer::testing {
namespace {

std::uint8_t count_of(const Counts& counts, std::uint64_t id) {
  return id < counts.size() ? counts[id] : 0;
}

struct Event {
  std::uint64_t id;
  bool is_confirmed;
  bool is_taken;
  bool is_doubled_where_taken;
};

void count_event(const Observed& observed, const Event& event, Sums& sums) {
  const auto stored = count_of(observed.stored, event.id);
  const auto in_view = count_of(observed.in_view, event.id);
  const auto letters = count_of(observed.dead_lettered, event.id);
  ++sums.published;
  sums.confirmed += event.is_confirmed;
  sums.stored += stored > 0;
  sums.dead_lettered += letters > 0;
  sums.lost += event.is_confirmed && !event.is_taken && stored == 0 && letters == 0;
  sums.doubled += stored > 1 || event.is_doubled_where_taken;
  sums.view_lost += observed.has_view && stored > 0 && in_view == 0;
  sums.view_doubled += in_view > 1;
  sums.letters_doubled += letters > 1;
  sums.misjudged += observed.is_bad(event.id) ? stored > 0 : letters > 0;
}

// The fault that took the event last; `faults.size()`: none.
std::size_t taker_of(const std::vector<Fault>& faults, std::uint64_t id) {
  for (std::size_t i = faults.size(); i > 0; --i)
    if (faults[i - 1].taken.count_of(id) > 0) return i - 1;
  return faults.size();
}

}  // namespace

void count_one(Counts& counts, std::uint64_t id) {
  if (id >= counts.size()) counts.resize(id + 1);
  if (counts[id] < std::numeric_limits<std::uint8_t>::max()) ++counts[id];
}

Sums& Sums::operator+=(const Sums& other) {
  for (const auto member : {&Sums::published, &Sums::confirmed, &Sums::stored, &Sums::dead_lettered,
                            &Sums::taken, &Sums::lost, &Sums::doubled, &Sums::view_lost,
                            &Sums::view_doubled, &Sums::letters_doubled, &Sums::misjudged})
    this->*member += other.*member;
  return *this;
}

Account account_for(const Observed& observed, const std::vector<Fault>& faults) {
  Account account;
  account.faults.resize(faults.size());
  auto confirmed = observed.confirmed.begin();
  std::size_t begun = 0;
  // Rows that nobody published would be another fault: they are counted, too.
  const std::uint64_t end =
      std::max({observed.published, static_cast<std::uint64_t>(observed.stored.size()),
                static_cast<std::uint64_t>(observed.dead_lettered.size())});
  for (std::uint64_t id = 0; id < end; ++id) {
    while (begun < faults.size() && faults[begun].first_id <= id) ++begun;
    const bool is_confirmed = confirmed != observed.confirmed.end() && *confirmed == id;
    if (is_confirmed) ++confirmed;
    const std::size_t taker = taker_of(faults, id);
    const bool is_taken = taker < faults.size();
    const bool is_gone = count_of(observed.stored, id) + count_of(observed.dead_lettered, id) == 0;
    if (is_taken && is_confirmed && is_gone) ++account.faults[taker].taken;
    count_event(observed,
                {id, is_confirmed, is_taken, is_taken && faults[taker].taken.count_of(id) > 1},
                begun == 0 ? account.before : account.faults[begun - 1]);
  }
  return account;
}

}  // namespace event_consumer::testing
