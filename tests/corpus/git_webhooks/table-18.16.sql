CREATE TABLE events (
  action LowCardinality(String),
  ref Nullable(String),
  before FixedString(40),
  after FixedString(40),
  repository String,
  sender String,
  commits String,
  number Nullable(UInt32),
  pull_request String,
  forced Nullable(UInt8),
  compare String
) ENGINE = MergeTree ORDER BY action
