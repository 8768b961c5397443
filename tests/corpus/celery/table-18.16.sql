CREATE TABLE events (
  type String DEFAULT 'task-message',
  uuid Nullable(UUID),
  id String,
  task LowCardinality(String),
  name LowCardinality(String),
  hostname String,
  pid UInt32,
  clock UInt64,
  timestamp DateTime,
  utcoffset Int8,
  eta Nullable(DateTime),
  args String,
  kwargs String,
  retries UInt8,
  runtime Nullable(Float64),
  result Nullable(String)
) ENGINE = MergeTree ORDER BY timestamp
