// What `/status` says of a scoreboard that a test has filled in.
#pragma once

#include <string>

#include "supervisor/status/status_json.h"
#include "tests/fakes/board_rig.h"

namespace event_consumer {

class StatusRig : public BoardRig {
 public:
  using BoardRig::BoardRig;

  // Of an instance that moves the queue `clicks` to the table `db.events`.
  std::string json(TimePoint now) const {
    Options options{};
    options.rabbitmq_queue = "clicks";
    options.clickhouse_database = "db";
    options.clickhouse_table = "events";
    return status_json(board, options, now);
  }
};

}  // namespace event_consumer
