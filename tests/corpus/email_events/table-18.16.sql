CREATE TABLE events (
  event LowCardinality(String),
  email String,
  timestamp DateTime,
  date DateTime,
  `smtp-id` String,
  ip Nullable(String),
  useragent String,
  category Array(String),
  attempt UInt8,
  bounce String,
  response Nullable(String),
  size UInt32,
  spam_score Decimal(4, 1)
) ENGINE = MergeTree ORDER BY timestamp
