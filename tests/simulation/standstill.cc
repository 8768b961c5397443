#include "tests/simulation/standstill.h"

namespace event_consumer::simulation {
namespace {

using std::chrono::seconds;

// It is acknowledged in the turn in which the window is full.
constexpr seconds kLongestFull{1};
// The dead-letter queue is given a second, the broker two for its answer; and a worker looks once
// in a second at what time it is.
constexpr seconds kLongestStop{5};
// A post whose answer never comes (30 s) and the longest pause behind it; after that it is known
// whether a copy is stored.
constexpr seconds kLongestUnknown{85};
// The longest pause before it is asked whether ClickHouse is there (60 s), and some looks.
constexpr seconds kLongestHolding{90};
// Until a link is good, after one on which nothing was settled, and two looks at the time.
constexpr seconds kLongestBlocked{12};

// Before the next insert is tried where one was refused.
constexpr seconds kLongestPause{60};

}  // namespace

void Standstill::check(const Facts& facts) {
  check_window(facts);
  check_stop(facts);
  check_misfits(facts);
  check_holding(facts);
  check_blocked(facts);
}

void Standstill::require_short(bool is_so, std::optional<TimePoint>& since, Duration longest,
                               const char* promise) {
  if (!is_so) return since.reset();
  const TimePoint now = seat_.world.now();
  if (!since) since = now;
  seat_.world.require(now - *since < longest, promise, seat_.worker);
}

// Whatever waits, be it for others, for the dead-letter queue or for a copy's post.
void Standstill::check_window(const Facts& facts) {
  const bool is_stuck =
      facts.link != nullptr && facts.link->is_consuming() && facts.link->is_full_of_settled();
  require_short(is_stuck, window_since_, kLongestFull, "what is settled keeps others away");
}

// A failed insert is not repeated, so with none under way only these can still be decided: a dead
// letter whose queue takes it, or that must not come back; and a copy of which it is not known yet
// whether it is stored.
void Standstill::check_stop(const Facts& facts) {
  const bool are_refused = seat_.book.are_letters_refused();
  const bool may_be_decided = seat_.book.has_any([&](const WorkerBook::Entry& each) {
    if (each.is_letter) return each.is_last || !are_refused;
    return each.is_copy && !each.is_posted && !each.goes_back();
  });
  const bool is_over = facts.link != nullptr && facts.is_draining && !facts.is_posting &&
                       !facts.link->has_consumer() && !may_be_decided;
  require_short(is_over, stop_since_, kLongestStop,
                "a stop lasts though nothing can be decided any more");
}

// Once a message is stored in these columns each misfit is at fault; a copy when it is known not to
// be stored.
void Standstill::check_misfits(const Facts& facts) {
  const auto is_misfit = [](const WorkerBook::Entry& each) {
    return each.is_misfit && !each.is_letter && !each.goes_back();
  };
  const bool is_any =
      facts.link != nullptr && seat_.book.has_witness() && seat_.book.has_any(is_misfit);
  seat_.world.require(!is_any || !seat_.book.has_any([&](const WorkerBook::Entry& each) {
    return is_misfit(each) && !each.is_copy;
  }),
                      "a misfit stands though there is a witness", seat_.worker);
  const bool is_calm =
      !facts.clickhouse_fails && !facts.is_draining && !seat_.broker.has_stalled_links();
  require_short(is_any && is_calm, misfits_since_, kLongestUnknown,
                "the copy of a misfit stands though there is a witness");
}

// Whoever has given back all, or let some go, takes more once ClickHouse is there, unless nothing
// fitted; be it after all that is on its way to the dead-letter queue.
void Standstill::check_holding(const Facts& facts) {
  const auto is_letter = [](const WorkerBook::Entry& each) { return each.is_letter; };
  const bool is_away = facts.link != nullptr && !facts.link->has_consumer() && !facts.is_draining &&
                       !seat_.book.is_paused() && !seat_.book.are_letters_refused() &&
                       !seat_.book.has_any(is_letter) && !seat_.book.waits_for_columns() &&
                       !facts.clickhouse_fails &&
                       !seat_.book.is_refused_since(seat_.world.now() - kLongestPause);
  require_short(is_away, holding_since_, kLongestHolding,
                "takes nothing though nothing keeps it from that");
}

// A broker that is short of memory confirms no letter before its queues are emptied.
void Standstill::check_blocked(const Facts& facts) {
  const bool has_others =
      seat_.book.has_any([](const WorkerBook::Entry& each) { return !each.is_letter; });
  const bool may_take = facts.link != nullptr && !facts.is_draining && !seat_.book.is_paused() &&
                        !seat_.book.are_letters_refused() && !seat_.book.may_await_sign_of_life() &&
                        !facts.clickhouse_fails && !seat_.broker.has_stalled_links() &&
                        seat_.book.has_room_beside_letters(seat_.broker.kind().prefetch);
  const bool takes_none = may_take && (facts.link->is_consuming() ? facts.link->is_window_full()
                                                                  : !facts.link->has_consumer());
  require_short(facts.are_letters_blocked && takes_none && !has_others, blocked_since_,
                kLongestBlocked, "waits for a broker that waits for its queue to be emptied");
}

}  // namespace event_consumer::simulation
