CREATE TABLE events (
  kind LowCardinality(String),
  metadata Tuple(name String, namespace LowCardinality(String), uid UUID, creationTimestamp Nullable(DateTime), labels Map(String, String)),
  reason LowCardinality(String),
  message String,
  type LowCardinality(String),
  count UInt32 DEFAULT 1,
  firstTimestamp Nullable(DateTime),
  lastTimestamp Nullable(DateTime),
  eventTime Nullable(DateTime64(6)),
  involvedObject Map(LowCardinality(String), String),
  source Map(String, String),
  reportingComponent String
) ENGINE = MergeTree ORDER BY reason
