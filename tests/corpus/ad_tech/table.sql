CREATE TABLE events (
  id String,
  at UInt8,
  imp Array(Tuple(id String, bidfloor Float64, banner Tuple(w UInt16, h UInt16))),
  site Tuple(domain String, cat Array(LowCardinality(String))),
  device Tuple(ua String, ip Nullable(IPv4), geo Point, os LowCardinality(String), ifa Nullable(UUID)),
  user Map(String, String),
  bcat Array(LowCardinality(String)),
  tmax UInt16,
  price Nullable(Decimal(9, 4)),
  won Bool,
  ts DateTime64(3),
  day Date,
  ext JSON
) ENGINE = MergeTree ORDER BY (day, id)
