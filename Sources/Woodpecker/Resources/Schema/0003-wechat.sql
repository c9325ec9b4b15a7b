-- Pushes that were answered, by a keyed hash of what tells them apart, with the reply that a repeat gets again.
CREATE TABLE wechat_push (
    push TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    reply BYTEA NOT NULL
);
CREATE INDEX wechat_push_at ON wechat_push (at);
-- A conversation that is not finished, under a keyed hash of who holds it, sealed under a key derived from that number.
CREATE TABLE wechat_talk (
    person TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    state BYTEA NOT NULL
);
CREATE INDEX wechat_talk_at ON wechat_talk (at);
