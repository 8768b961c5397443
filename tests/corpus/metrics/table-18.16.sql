CREATE TABLE events (
  name LowCardinality(String),
  timestamp DateTime,
  tags String,
  fields String,
  value Float64,
  type Enum8('counter' = 1, 'gauge' = 2, 'histogram' = 3),
  buckets Nested(le Float64, count UInt64),
  quantiles Array(Array(Float64)),
  sample_rate Float32 DEFAULT 1,
  unit LowCardinality(Nullable(String)),
  `host` String
) ENGINE = MergeTree ORDER BY (name, timestamp)
