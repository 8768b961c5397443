CREATE TABLE events (
  messageId UUID,
  conversationId Nullable(UUID),
  sourceAddress String,
  destinationAddress String,
  messageType Array(String),
  message String,
  sentTime DateTime,
  expirationTime Nullable(DateTime),
  headers String,
  host String
) ENGINE = MergeTree ORDER BY sentTime
