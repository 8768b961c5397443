CREATE TABLE events (
  specversion LowCardinality(String),
  id String,
  source String,
  type LowCardinality(String),
  time Nullable(DateTime64(3)),
  subject Nullable(String),
  datacontenttype LowCardinality(String) DEFAULT 'application/json',
  data JSON,
  data_base64 String,
  traceparent String
) ENGINE = MergeTree ORDER BY (type, id)
