#include "tests/chaos/insert_filter.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace event_consumer::testing {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
// So much of the body comes with the head when an insert is cut at its first bytes.
constexpr std::size_t kFirstBytes = 100;

// What follows the head; nothing where the head does not say.
std::optional<std::size_t> body_bytes(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const auto at = head.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  return std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

bool is_whole_answer(const std::string& answer) {
  const auto end = answer.find(kHeadEnd);
  if (end == std::string::npos) return false;
  const std::size_t head = end + kHeadEnd.size();
  if (const auto body = body_bytes(std::string_view(answer).substr(0, head)))
    return answer.size() >= head + *body;
  constexpr std::string_view kLastChunk = "0\r\n\r\n";
  return answer.size() >= head + kLastChunk.size() &&
         answer.compare(answer.size() - kLastChunk.size(), kLastChunk.size(), kLastChunk) == 0;
}

// As a proxy before ClickHouse answers.
std::string answer_instead(FaultKind fault) {
  const auto page = [](const std::string& status) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: text/html\r\nContent-Length: 18\r\nConnection: close\r\n\r\n"
           "<html>sorry</html>";
  };
  if (fault == FaultKind::kAnswer500) return page("500 Internal Server Error");
  if (fault == FaultKind::kAnswer503) return page("503 Service Unavailable");
  return std::string("\x15\x03\x01\x00\x02\x02\x50 this is no HTTP\r\n\r\n", 26);
}

}  // namespace

LinkFilter::Passage InsertFilter::pass(From from, std::string_view bytes) {
  return from == From::kClient ? from_client(bytes) : from_server(bytes);
}

void InsertFilter::passed() {
  if (std::exchange(kills_when_passed_, false)) trap_.kill_worker_later(worker_);
}

void InsertFilter::begin_request() {
  is_answered_ = false;
  request_.clear();
  request_bytes_ = 0;
  received_bytes_ = 0;
  answer_.clear();
  fault_.reset();
}

void InsertFilter::judge_head(std::size_t head_bytes) {
  const std::string_view head(request_.data(), head_bytes);
  request_bytes_ = head_bytes + body_bytes(head).value_or(0);
  // Questions, and the trial of a start, have no id.
  const std::string_view line = head.substr(0, head.find('\r'));
  if (line.find("query_id=") == std::string_view::npos) return;
  fault_ = trap_.claim_insert();
  if (fault_) worker_ = trap_.worker_at(port_);
}

LinkFilter::Passage InsertFilter::kill_and_reset(std::string to_server) {
  trap_.kill_worker(worker_);
  return {std::move(to_server), "", Then::kReset};
}

LinkFilter::Passage InsertFilter::from_client(std::string_view bytes) {
  // An answer may come before the request has ended.
  if (is_answered_ && received_bytes_ >= request_bytes_) begin_request();
  received_bytes_ += bytes.size();
  std::string to_server(bytes);
  if (request_bytes_ == 0) {
    request_ += bytes;
    const auto end = request_.find(kHeadEnd);
    if (end == std::string::npos) return {};
    to_server = request_;
    judge_head(end + kHeadEnd.size());
    if (fault_ == FaultKind::kKillAtFirstBytes)
      return kill_and_reset(request_.substr(0, end + kHeadEnd.size() + kFirstBytes));
  } else if (fault_) {
    request_ += bytes;
  }
  if (fault_ == FaultKind::kKillWhenWhole)
    return request_.size() >= request_bytes_ ? kill_and_reset("") : Passage{};
  if (fault_ == FaultKind::kResetInMidRequest) {
    if (request_.size() < request_bytes_ / 2) return {};
    trap_.strike();
    return {request_.substr(0, request_bytes_ / 2), "", Then::kReset};
  }
  return {std::move(to_server), ""};
}

LinkFilter::Passage InsertFilter::from_server(std::string_view bytes) {
  is_answered_ = true;
  if (!fault_) return {"", std::string(bytes)};
  answer_ += bytes;
  if (!is_whole_answer(answer_)) return {};
  switch (*fault_) {
    case FaultKind::kKillWhenStored:
      return kill_and_reset("");
    case FaultKind::kDropAnswer:
      trap_.strike();
      return {"", "", Then::kReset};
    case FaultKind::kAnswer500:
    case FaultKind::kAnswer503:
    case FaultKind::kAnswerGarbage:
      trap_.strike();
      return {"", answer_instead(*fault_), Then::kClose};
    default:
      kills_when_passed_ = fault_ == FaultKind::kKillWhenAnswered;
      fault_.reset();
      return {"", std::exchange(answer_, "")};
  }
}

}  // namespace event_consumer::testing
