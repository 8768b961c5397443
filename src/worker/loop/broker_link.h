// BrokerLink: the worker's link to the broker: both of its connections, which are lost and made
// together, because a delivery that the one took may wait for the other. It connects, backs off and
// counts. While the link is lost there is no source and no dead-letter queue to ask.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/backoff.h"
#include "common/log_limiter.h"
#include "common/result.h"
#include "worker/background.h"
#include "worker/message/dead_letter_sink.h"
#include "worker/message/source.h"

namespace event_consumer {

class BrokerLink {
 public:
  struct Connections {
    std::unique_ptr<Source> source;
    std::unique_ptr<DeadLetterSink> dead_letters;  // nullptr: none is configured
  };
  // Makes both, which may take its time: names, handshakes and answers are waited for elsewhere.
  using Connecting = Background<Result<Connections>>;
  using Connect = std::function<Connecting()>;

  // `first` is the first link, which is there.
  BrokerLink(Connections first, Connect connect);

  bool is_up() const { return connections_.source != nullptr; }
  // Only while it is up.
  Source& source() const { return *connections_.source; }
  DeadLetterSink* dead_letters() const { return connections_.dead_letters.get(); }

  // The broker accepts a consumer. A link over which so long was consumed is a good one: it has
  // paid for the tries that it took.
  void consumes(TimePoint now);
  // From when on the link is a good one; nothing before something is consumed over it.
  std::optional<TimePoint> good_from() const;

  // It is gone, for this reason; `in_hand` deliveries go back to the queue. Tried again at
  // deadline().
  void lose(const Error& error, std::size_t in_hand, TimePoint now);

  // Begins to connect anew if that is due, and takes what has come of it. Returns whether there is
  // a new link; an Error is logged already, and the next try is due at deadline().
  Result<bool> connect_if_due(TimePoint now);
  // Readable when something has come of it; -1 while nothing is under way.
  int fd() const { return connecting_ ? connecting_->fd() : -1; }
  // When the next try is due; nothing while the link is up or being made.
  std::optional<TimePoint> deadline() const { return retry_at_; }

  // Ends both connections with a handshake, if they are there; or without one.
  void close();
  void drop() { connections_ = Connections{}; }

  // Links made after the first.
  std::uint64_t reconnects() const { return reconnects_; }
  // Why the link was lost, or the latest try to connect failed; empty once something is consumed.
  const std::string& fault() const { return fault_; }

 private:
  Connections connections_;
  Connect connect_;
  std::optional<Connecting> connecting_;
  std::uint64_t reconnects_ = 0;
  std::optional<TimePoint> consuming_since_;
  std::optional<TimePoint> retry_at_;
  Backoff backoff_;
  LogLimiter log_limiter_;  // of links that were lost, could not be made, or were made
  std::string fault_;
};

}  // namespace event_consumer
