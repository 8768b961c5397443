// What a worker says to its supervisor, on the pipe that it is started with: a byte each.
#pragma once

namespace event_consumer {

enum class WorkerMessage : char {
  kConsumes = 'c',  // the broker has accepted the consumer for the first time, or would have
                    // if the instance were not paused
  kAsksForRecycling = 'r',  // it has taken --worker-max-events and is to be replaced
};

}  // namespace event_consumer
