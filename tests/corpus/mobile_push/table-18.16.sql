CREATE TABLE events (
  message_id String,
  device_token FixedString(16),
  platform Enum8('ios' = 1, 'android' = 2, 'web' = 3),
  status LowCardinality(String),
  sent_at DateTime,
  delivered_at Nullable(DateTime),
  app_version Array(UInt16),
  locale LowCardinality(Nullable(String)),
  topics Array(String),
  payload String,
  ttl UInt32,
  collapse_key Nullable(String),
  error String
) ENGINE = MergeTree ORDER BY sent_at
