CREATE TABLE events (
  action LowCardinality(String),
  ref Nullable(String),
  before FixedString(40),
  after FixedString(40),
  repository Tuple(id UInt64, full_name String, private Bool, topics Array(String)),
  sender Tuple(login String, id UInt64, type Enum8('User' = 1, 'Bot' = 2)),
  commits Array(Tuple(id String, message String, timestamp DateTime, author Map(String, String), added Array(String))),
  number Nullable(UInt32),
  pull_request JSON,
  forced Nullable(Bool),
  compare String
) ENGINE = MergeTree ORDER BY action
