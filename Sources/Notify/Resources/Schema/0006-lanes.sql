DROP INDEX message_due;
CREATE INDEX message_lane ON message (state, channel, priority, next_at);
