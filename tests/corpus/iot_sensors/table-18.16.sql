CREATE TABLE events (
  device String,
  measured_at DateTime,
  received Date,
  temperature Nullable(Float32),
  humidity Decimal(5, 2),
  battery_mv UInt16,
  rssi Int8,
  position Array(Float64),
  readings Array(Float64),
  flags Array(UInt8),
  firmware String,
  uptime String,
  status Enum8('ok' = 0, 'low_battery' = 1, 'offline' = 2)
) ENGINE = MergeTree ORDER BY (device, measured_at)
