// What to do about an Error of RabbitMQ. Pure: decides by kind and reply code, and where a code has
// several causes by RabbitMQ's words, those of the versions 3.10 to 4.
#pragma once

#include "common/amqp_url.h"
#include "worker/diagnosis.h"

namespace event_consumer {

// Of an Error of the connection to `url` or of a question on it.
Diagnosis diagnose_rabbitmq(const Error& error, const AmqpUrl& url);

}  // namespace event_consumer
