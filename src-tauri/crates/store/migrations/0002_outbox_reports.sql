-- Whether a delivery report can come about a message: the person asked for it, and the server that took it offers them
-- (RFC 3461). Not known of what was sent before.
ALTER TABLE outbox ADD COLUMN reports INTEGER;
