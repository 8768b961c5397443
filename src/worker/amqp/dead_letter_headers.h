// The header table of a dead letter: the original headers, and ours that say why it is here. Made
// when a message is rejected, and read and taken off again by the dead-letter commands.
#pragma once

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "worker/amqp/library.h"
#include "worker/encode/verdict.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class DeadLetterHeaders {
 public:
  // `original` are the properties of the delivery. Everything given must outlive this object. `now`
  // becomes x-event-consumer-time.
  DeadLetterHeaders(const amqp_basic_properties_t& original, const Delivery& delivery,
                    const Rejection& rejection, std::time_t now);

  // Leaves out original headers, the longest first, until the table is shorter by so many bytes or
  // none is left. Says which in x-event-consumer-left-out.
  void leave_out(std::size_t bytes);

  // A view of this object.
  amqp_table_t table() const {
    return {static_cast<int>(entries_.size()), const_cast<amqp_table_entry_t*>(entries_.data())};
  }

 private:
  void add(const char* name, std::string_view value);

  std::string time_;
  std::string event_;
  std::string left_out_;
  std::vector<amqp_table_entry_t> entries_;
  std::size_t originals_ = 0;  // so many of them, at the beginning
};

// What our headers say, each empty where there is no such header. Other publishers can write to the
// queue as well: the texts can be anything.
struct DeadLetterFacts {
  std::string reason;
  std::string error;
  std::string column;
  std::string event;  // of several in the message, counted from 0
  std::string exchange;
  std::string routing_key;
  std::string time;
  bool is_dead_letter = false;  // we have rejected it, or the broker has (x-death)
};

DeadLetterFacts read_facts(const amqp_table_t& headers);

// Those that a message keeps when it is published anew: all but what concerns its place in the
// queue it was in, and the addresses of copies. A view of `headers`, which must outlive it.
std::vector<amqp_table_entry_t> lasting_headers(const amqp_table_t& headers);

// The headers that the message had before it was rejected, but for those that DeadLetterHeaders
// does not keep either. A view of `headers`, which must outlive it.
std::vector<amqp_table_entry_t> original_headers(const amqp_table_t& headers);

}  // namespace event_consumer
