ALTER TABLE message ADD COLUMN priority BIGINT NOT NULL DEFAULT 5;
ALTER TABLE message ADD COLUMN attempt BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN lease_owner BIGINT;
ALTER TABLE message ADD COLUMN lease_until BIGINT;
ALTER TABLE message ADD COLUMN possible_repeat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN provider_id TEXT;
CREATE INDEX message_due ON message (state, priority, next_at);
CREATE TABLE message_change (
    id BIGINT PRIMARY KEY,
    message_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX message_change_of ON message_change (message_id, id);
CREATE TABLE escalation (
    subject TEXT PRIMARY KEY,
    policy TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    area BIGINT,
    text TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    step BIGINT NOT NULL,
    next_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX escalation_due ON escalation (next_at);
CREATE TABLE sample_delivery (
    message_id TEXT PRIMARY KEY,
    received_at BIGINT NOT NULL,
    times BIGINT NOT NULL,
    possible_repeat BIGINT NOT NULL,
    channel TEXT NOT NULL,
    to_name TEXT NOT NULL,
    to_phone TEXT NOT NULL,
    text TEXT NOT NULL,
    answer TEXT
);
CREATE INDEX sample_delivery_at ON sample_delivery (received_at);
