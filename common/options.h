// The settings of one instance, parsed and checked. Where they come from is the business of
// option_table; both programs have the same.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/amqp_url.h"
#include "common/column_sources.h"
#include "common/host_port.h"
#include "common/insert_settings.h"
#include "common/log.h"

namespace event_consumer {

constexpr int kMostWorkers = 256;
constexpr int kMostPrefetch = 65535;  // basic.qos carries it in 16 bits; 0 would mean unlimited

// How often a quorum queue takes a message back before it drops it.
struct DeliveryLimit {
  bool is_auto = true;                 // what RabbitMQ's version has where the queue sets none
  std::optional<std::uint64_t> limit;  // otherwise; nothing: no limit
};

// The queues that a worker creates.
enum class QueueType {
  kClassic,  // without arguments, as most publishers declare theirs
  kQuorum,
};

// Whether a worker creates database and table when they are absent: the table for click events.
enum class CreateTable {
  kAuto,  // when the table has the name that the one for click events has by default
  kOn,
  kOff,
};

struct Options {
  int workers;  // at most kMostWorkers

  std::vector<AmqpUrl> rabbitmq_urls;  // at least one; the first that answers is used
  std::string rabbitmq_password_file;  // empty: the passwords are those of the URLs
  std::string rabbitmq_exchange;
  std::string rabbitmq_queue;
  std::string rabbitmq_routing_key;
  std::string dead_letter_queue;  // empty: none, the broker's own policy applies
  QueueType queue_type;           // of queues that we create
  DeliveryLimit delivery_limit;   // of the queue
  std::optional<int> prefetch;    // most deliveries a worker may hold; nothing: what fits

  std::vector<HostPort> clickhouse_hosts;  // at least one; each stores what it is sent
  // The first of them gets inserts back when it has answered for so long again; nothing: never.
  std::optional<std::chrono::seconds> clickhouse_failback;
  int clickhouse_port;  // of hosts without one of their own
  bool clickhouse_tls;
  TlsFiles clickhouse_tls_files;
  std::string clickhouse_database;
  std::string clickhouse_table;
  std::string clickhouse_user;
  std::string clickhouse_password;
  std::string clickhouse_password_file;  // empty: clickhouse_password is the password
  std::chrono::seconds clickhouse_timeout;
  InsertSettings clickhouse_settings;  // sent with each insert
  CreateTable create_table;
  bool allow_buffer;  // whether the table may have the engine Buffer, which holds rows in memory
  bool durable;  // whether the table that is created writes each insert to disk before the answer
  // Nothing: decided by the table, when a worker starts.
  std::optional<std::vector<std::string>> required_columns;
  ColumnSources column_sources;  // of columns that do not take the key of their name

  // A batch is inserted when it has this many rows or bytes, or its oldest row this age.
  std::size_t batch_rows;
  std::size_t batch_bytes;
  std::chrono::milliseconds batch_delay;

  // An event that waits longer than this for its insert is given back to the queue.
  std::chrono::seconds hold_timeout;

  std::chrono::seconds start_timeout;
  std::chrono::seconds stop_timeout;

  // A worker whose heartbeat stands still so long is taken for hanging.
  std::chrono::seconds worker_timeout;
  std::uint64_t worker_max_events;  // after so many a worker is replaced; 0: never

  std::string state_directory;  // has the file of the ledger; empty: it is in memory

  std::optional<HostPort> status_address;  // nothing: none

  log::Level log_level;
  log::Format log_format;
};

}  // namespace event_consumer
