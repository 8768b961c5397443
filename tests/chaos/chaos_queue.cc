#include "tests/chaos/chaos_queue.h"

#include <stdexcept>
#include <utility>

#include "tests/support/amqp_client.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

ChaosQueue::ChaosQueue(std::string url, std::string name, const std::string& queue_type,
                       const ChaosTable& table, std::function<Range()> open_ids)
    : url_(std::move(url)), name_(std::move(name)), table_(table), open_ids_(std::move(open_ids)) {
  AmqpClient(url_).declare_queue(name_, {{"x-queue-type", queue_type}});
}

ChaosQueue::~ChaosQueue() {
  try {
    AmqpClient client(url_);
    for (const std::string& queue : {name_, name_ + ".dead"})
      if (client.queue_exists(queue)) client.delete_queue(queue);
  } catch (const std::exception&) {
    // The broker goes at the end of the run, and with it what is left here.
  }
}

Taken ChaosQueue::remove() const {
  AmqpClient client(url_);
  Taken taken;
  taken.first_id = open_ids_().first;
  const Counts stored = table_.stored(taken.first_id);
  client.delete_queue(name_);
  for (std::uint64_t id = taken.first_id; id < open_ids_().end; ++id)
    taken.counts.push_back(id >= stored.size() || stored[id] == 0);
  return taken;
}

bool ChaosQueue::comes_back() const {
  return wait_until([&] { return AmqpClient(url_).queue_exists(name_); }, std::chrono::seconds(30));
}

}  // namespace event_consumer::testing
