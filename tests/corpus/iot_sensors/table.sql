CREATE TABLE events (
  device String,
  measured_at DateTime64(6),
  received Date,
  temperature Nullable(Float32),
  humidity Decimal(5, 2),
  battery_mv UInt16,
  rssi Int8,
  position Point,
  readings Array(Float64),
  flags Array(Bool),
  firmware String,
  uptime Time,
  status Enum8('ok' = 0, 'low_battery' = 1, 'offline' = 2)
) ENGINE = MergeTree ORDER BY (device, measured_at)
