CREATE TABLE events (
  kind LowCardinality(String),
  metadata String,
  reason LowCardinality(String),
  message String,
  type LowCardinality(String),
  count UInt32 DEFAULT 1,
  firstTimestamp Nullable(DateTime),
  lastTimestamp Nullable(DateTime),
  eventTime Nullable(DateTime),
  involvedObject String,
  source String,
  reportingComponent String
) ENGINE = MergeTree ORDER BY reason
