CREATE TABLE events (
  op Enum8('c' = 1, 'u' = 2, 'd' = 3, 'r' = 4),
  ts_ms DateTime,
  source String,
  before Nullable(String),
  after Nullable(String),
  key String,
  transaction String,
  birth_day Date,
  updated DateTime,
  balance Decimal(38, 4),
  row_version String,
  _tombstone UInt8 DEFAULT op = 'd'
) ENGINE = MergeTree ORDER BY ts_ms
