#include "worker/amqp/queue_arguments.h"

namespace event_consumer {

QueueArgumentTable::QueueArgumentTable(const std::vector<QueueArgument>& arguments) {
  for (const QueueArgument& argument : arguments) {
    amqp_table_entry_t entry{};
    entry.key = to_bytes(argument.name);
    if (argument.is_switch) {
      entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
      entry.value.value.boolean = argument.number == 1 ? 1 : 0;
    } else if (argument.number) {
      entry.value.kind = AMQP_FIELD_KIND_I64;
      entry.value.value.i64 = *argument.number;
    } else {
      entry.value.kind = AMQP_FIELD_KIND_UTF8;
      entry.value.value.bytes = to_bytes(argument.text);
    }
    entries_.push_back(entry);
  }
}

}  // namespace event_consumer
