CREATE TABLE events (
  event LowCardinality(String),
  ts DateTime,
  session_id UUID,
  user_id Nullable(UInt64),
  url String,
  referrer String,
  ip String,
  screen_width UInt16,
  utm String,
  properties String,
  is_bot UInt8,
  country FixedString(2)
) ENGINE = MergeTree ORDER BY (event, ts)
