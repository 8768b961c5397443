// The header table of a dead letter: the original headers, and ours that say why it is here. Made
// when a message is rejected, and read and taken off again by the dead-letter commands.
#pragma once

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

  // A view of this object.
  amqp_table_t table() const {
    return {static_cast<int>(entries_.size()), const_cast<amqp_table_entry_t*>(entries_.data())};
  }

 private:
  void keep_original(const amqp_table_t& headers);
  void add(const char* name, std::string_view value);

  std::string time_;
  std::vector<amqp_table_entry_t> entries_;
};

// What our headers say, each empty where there is no such header. Other publishers can write to the
// queue as well: the texts can be anything.
struct DeadLetterFacts {
  std::string reason;
  std::string error;
  std::string column;
  std::string exchange;
  std::string routing_key;
  std::string time;
};

DeadLetterFacts read_facts(const amqp_table_t& headers);

// The headers that the message had before it was rejected, but for those that DeadLetterHeaders
// does not keep either. A view of `headers`, which must outlive it.
std::vector<amqp_table_entry_t> original_headers(const amqp_table_t& headers);

}  // namespace event_consumer
