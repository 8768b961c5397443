CREATE TABLE events (
  event LowCardinality(String),
  email String,
  timestamp DateTime,
  date DateTime64(0),
  `smtp-id` String,
  ip Nullable(IPv4),
  useragent String,
  category Array(LowCardinality(String)),
  attempt UInt8,
  bounce Tuple(type LowCardinality(String), status String),
  response Nullable(String),
  size UInt32,
  spam_score Decimal(4, 1)
) ENGINE = MergeTree ORDER BY timestamp
