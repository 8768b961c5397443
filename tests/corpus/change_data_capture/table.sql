CREATE TABLE events (
  op Enum8('c' = 1, 'u' = 2, 'd' = 3, 'r' = 4),
  ts_ms DateTime64(3),
  source Tuple(connector LowCardinality(String), db LowCardinality(String), `table` LowCardinality(String), lsn Nullable(UInt64), snapshot Dynamic),
  before Nullable(String),
  after Nullable(String),
  key Map(String, UInt64),
  transaction Tuple(id String, total_order UInt64),
  birth_day Date32,
  updated DateTime64(6),
  balance Decimal(38, 4),
  row_version Int128,
  _tombstone Bool DEFAULT op = 'd'
) ENGINE = MergeTree ORDER BY ts_ms
