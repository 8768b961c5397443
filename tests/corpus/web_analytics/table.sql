CREATE TABLE events (
  event LowCardinality(String),
  ts DateTime64(3),
  session_id UUID,
  user_id Nullable(UInt64),
  url String,
  referrer String,
  ip IPv6,
  screen_width UInt16,
  utm Map(LowCardinality(String), String),
  properties String,
  is_bot Bool,
  country FixedString(2)
) ENGINE = MergeTree ORDER BY (event, ts)
