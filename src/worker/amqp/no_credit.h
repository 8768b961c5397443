// NoCredit: the argument of basic.consume that makes a consumer which is given nothing: credit as
// RabbitMQ's plugin for AMQP 1.0 sets it (rabbit_limiter.erl, rabbit_fifo.erl). Ran: 3.10, classic
// and quorum queues, and only with 64 bits. From 4.0 on RabbitMQ does not know it: a consumer then
// gets as many as its prefetch allows.
#pragma once

#include "worker/amqp/library.h"

namespace event_consumer {

class NoCredit {
 public:
  NoCredit() {
    credit_[0].key = amqp_cstring_bytes("credit");
    credit_[0].value.kind = AMQP_FIELD_KIND_I64;
    credit_[0].value.value.i64 = 0;
    credit_[1].key = amqp_cstring_bytes("drain");
    credit_[1].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    credit_[1].value.value.boolean = 0;
    argument_.key = amqp_cstring_bytes("x-credit");
    argument_.value.kind = AMQP_FIELD_KIND_TABLE;
    argument_.value.value.table = {2, credit_};
  }
  NoCredit(const NoCredit&) = delete;
  NoCredit& operator=(const NoCredit&) = delete;

  // Refers to this object.
  amqp_table_t table() const { return {1, &argument_}; }

 private:
  amqp_table_entry_t credit_[2] = {};
  mutable amqp_table_entry_t argument_{};
};

}  // namespace event_consumer
