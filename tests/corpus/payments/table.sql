CREATE TABLE events (
  payment_id UUID,
  created DateTime('UTC'),
  settled Nullable(DateTime64(3, 'UTC')),
  amount Decimal(18, 2),
  fee Decimal(38, 10),
  currency Enum16('EUR' = 978, 'USD' = 840, 'JPY' = 392),
  card Tuple(brand String, last4 FixedString(4), expires Nullable(String)),
  merchant String,
  attempts UInt8,
  risk Float64,
  refunds Nested(id UInt64, amount Decimal(18, 2)),
  metadata JSON
) ENGINE = MergeTree ORDER BY payment_id
