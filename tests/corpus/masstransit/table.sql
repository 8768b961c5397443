CREATE TABLE events (
  messageId UUID,
  conversationId Nullable(UUID),
  sourceAddress String,
  destinationAddress String,
  messageType Array(String),
  message String,
  sentTime DateTime64(7),
  expirationTime Nullable(DateTime64(7)),
  headers Map(String, Nullable(String)),
  host Tuple(machineName String, processName String, processId UInt32, massTransitVersion String)
) ENGINE = MergeTree ORDER BY sentTime
