#include "worker/loop/prefetch_window.h"

#include <algorithm>

namespace event_consumer {
namespace {

// So many deliveries, the latest, make what is taken for usual.
constexpr std::size_t kMostSeen = 64;

constexpr std::size_t kStep = 4;

}  // namespace

void PrefetchWindow::received(std::size_t bytes) {
  seen_ = std::min(kMostSeen, seen_ + 1);
  usual_bytes_ += (static_cast<double>(bytes) - usual_bytes_) / static_cast<double>(seen_);
}

void PrefetchWindow::inserted() {
  is_probing_ = links_break_ = false;
  beyond_ = 0;
  size_ = std::min(most_, 2 * size_);
}

void PrefetchWindow::given_back() {
  is_probing_ = true;
  size_ = 1;
  beyond_ = 0;
}

void PrefetchWindow::too_many_bytes() {
  size_ = std::max<std::size_t>(1, size() / kStep);
  beyond_ = 0;
}

void PrefetchWindow::widen(std::size_t in_hand) {
  size_ = std::min(most_undecided(), kStep * size_);
  if (size() <= in_hand) beyond_ = in_hand + 1;
}

void PrefetchWindow::link_lost(std::size_t settled) {
  size_ = std::clamp<std::size_t>(settled, 1, size_);
  links_break_ = links_break_ || settled == 0;
  prefetch_ = beyond_ = 0;
}

std::size_t PrefetchWindow::begin_consumer(std::size_t undecided) {
  prefetch_ = beside(undecided);
  return prefetch_;
}

std::size_t PrefetchWindow::beside(std::size_t undecided) const {
  return size() > undecided ? size() - undecided : 1;
}

// So many fit with their rows, which are about as large.
std::size_t PrefetchWindow::fitting() const {
  if (usual_bytes_ == 0) return most_undecided();
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(static_cast<double>(most_bytes_) / (2 * usual_bytes_)));
}

std::size_t PrefetchWindow::size() const { return std::max(std::min(size_, fitting()), beyond_); }

bool PrefetchWindow::has_grown(std::size_t undecided) const {
  if (prefetch_ == 0) return false;
  const std::size_t wanted = beside(undecided);
  return wanted >= kStep * prefetch_ || (size() == most_ && wanted > prefetch_);
}

}  // namespace event_consumer
