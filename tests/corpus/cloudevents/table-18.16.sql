CREATE TABLE events (
  specversion LowCardinality(String),
  id String,
  source String,
  type LowCardinality(String),
  time Nullable(DateTime),
  subject Nullable(String),
  datacontenttype String DEFAULT 'application/json',
  data String,
  data_base64 String,
  traceparent String
) ENGINE = MergeTree ORDER BY (type, id)
