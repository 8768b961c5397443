CREATE TABLE events (
  id String,
  at UInt8,
  imp String,
  site String,
  device String,
  user String,
  bcat Array(String),
  tmax UInt16,
  price Nullable(Decimal(9, 4)),
  won UInt8,
  ts DateTime,
  day Date,
  ext String
) ENGINE = MergeTree ORDER BY (day, id)
