#include "worker/diagnosis.h"

#include <algorithm>

namespace event_consumer {
namespace {

constexpr std::size_t kMostCauseBytes = 300;

}  // namespace

std::string shorten_cause(const std::string& text) {
  std::string cause = text.substr(0, text.find(", e.what()"));
  cause.resize(std::min(cause.find('\n'), std::min(cause.size(), kMostCauseBytes)));
  return cause;
}

std::string with_remedy(const std::string& said, const std::string& remedy) {
  return said + " → " + remedy;
}

}  // namespace event_consumer
