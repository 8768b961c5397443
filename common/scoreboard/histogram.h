// Histogram: how often a measured value fell between which bounds, as Prometheus counts it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace event_consumer {

// `Bounds` has static constexpr std::array<double, N> kUpperBounds, in ascending order. A plain
// value without padding.
template <typename Bounds>
struct Histogram {
  static constexpr std::size_t kBuckets = Bounds::kUpperBounds.size() + 1;

  // Of values up to the bound of the same index and above the one before; the last has no bound.
  std::array<std::uint64_t, kBuckets> buckets;
  double sum;

  void observe(double value) {
    std::size_t i = 0;
    while (i < Bounds::kUpperBounds.size() && value > Bounds::kUpperBounds[i]) ++i;
    ++buckets[i];
    sum += value;
  }

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t bucket : buckets) all += bucket;
    return all;
  }

  void add(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
  }
};

struct InsertSecondsBounds {
  static constexpr std::array<double, 12> kUpperBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,    2.5,   5,    10,  30};
};

// Up to a day: a backlog can be that old.
struct StoredAfterBounds {
  static constexpr std::array<double, 12> kUpperBounds = {0.5, 1,   2,   5,    10,    30,
                                                          60,  300, 900, 3600, 14400, 86400};
};

struct BatchRowsBounds {
  static constexpr std::array<double, 9> kUpperBounds = {1,     10,    100,   1000,  5000,
                                                         10000, 20000, 50000, 100000};
};

}  // namespace event_consumer
