CREATE TABLE events (
  name LowCardinality(String),
  timestamp DateTime64(9),
  tags Map(LowCardinality(String), LowCardinality(String)),
  fields Map(String, Float64),
  value Float64,
  type Enum8('counter' = 1, 'gauge' = 2, 'histogram' = 3),
  buckets Nested(le Float64, count UInt64),
  quantiles Array(Tuple(Float64, Float64)),
  sample_rate Float32 DEFAULT 1,
  unit LowCardinality(Nullable(String)),
  `host` String
) ENGINE = MergeTree ORDER BY (name, timestamp)
