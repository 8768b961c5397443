CREATE TABLE events (
  `@timestamp` DateTime64(9),
  level LowCardinality(String),
  message String,
  `host.name` String,
  `log.file.path` String,
  `log.offset` UInt64,
  `http.status` Nullable(UInt16),
  tags Array(LowCardinality(String)),
  labels Map(String, String),
  stack_trace Nullable(String),
  fields String
) ENGINE = MergeTree ORDER BY `@timestamp`
