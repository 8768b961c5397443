CREATE TABLE events (
  message_id String,
  device_token FixedString(16),
  platform Enum8('ios' = 1, 'android' = 2, 'web' = 3),
  status LowCardinality(String),
  sent_at DateTime64(3),
  delivered_at Nullable(DateTime64(3)),
  app_version Tuple(UInt16, UInt16, UInt16),
  locale LowCardinality(Nullable(String)),
  topics Array(String),
  payload String,
  ttl IntervalSecond,
  collapse_key Nullable(String),
  error Variant(UInt32, String)
) ENGINE = MergeTree ORDER BY sent_at
