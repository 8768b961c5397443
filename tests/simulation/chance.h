// Chance: what is left open in a simulated run. It is drawn from a seed, or chosen by whoever goes
// through all that may be (Choices).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

#include "common/clock.h"

namespace event_consumer::simulation {

class Chance {
 public:
  virtual ~Chance() = default;

  // The bounds are included.
  virtual std::size_t number(std::size_t lowest, std::size_t highest) = 0;
  virtual Duration between(Duration shortest, Duration longest) = 0;
  // One of so many whose turn it could be. The first has waited longest.
  virtual std::size_t turn(std::size_t of) = 0;
};

class DrawnChance : public Chance {
 public:
  explicit DrawnChance(std::uint64_t seed) : random_(seed) {}

  std::size_t number(std::size_t lowest, std::size_t highest) override {
    return std::uniform_int_distribution<std::size_t>(lowest, highest)(random_);
  }
  // Short ones are as likely as long ones: the logarithm is uniform.
  Duration between(Duration shortest, Duration longest) override {
    const double ratio =
        static_cast<double>(longest.count()) / static_cast<double>(shortest.count());
    const double draw = static_cast<double>(number(0, 1'000'000)) / 1e6;
    return Duration(
        static_cast<Duration::rep>(static_cast<double>(shortest.count()) * std::pow(ratio, draw)));
  }
  std::size_t turn(std::size_t) override { return 0; }

 private:
  std::mt19937_64 random_;
};

}  // namespace event_consumer::simulation
