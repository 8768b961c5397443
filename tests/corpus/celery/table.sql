CREATE TABLE events (
  type LowCardinality(String) DEFAULT 'task-message',
  uuid Nullable(UUID),
  id String,
  task LowCardinality(String),
  name LowCardinality(String),
  hostname String,
  pid UInt32,
  clock UInt64,
  timestamp DateTime64(6),
  utcoffset Int8,
  eta Nullable(DateTime64(6)),
  args String,
  kwargs String,
  retries UInt8,
  runtime Nullable(Float64),
  result Nullable(String)
) ENGINE = MergeTree ORDER BY timestamp
