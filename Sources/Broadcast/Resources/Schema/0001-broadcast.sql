-- What the town says: each row is one message of the Common Alerting Protocol, a draft until it is issued.
CREATE TABLE broadcast (
    id BIGINT PRIMARY KEY,
    identifier TEXT,
    kind TEXT NOT NULL,
    earlier BIGINT,
    status TEXT NOT NULL,
    scope TEXT NOT NULL,
    event TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    urgency TEXT NOT NULL,
    certainty TEXT NOT NULL,
    headline TEXT NOT NULL,
    text TEXT NOT NULL,
    instruction TEXT NOT NULL,
    areas TEXT NOT NULL,
    case_id BIGINT,
    hours BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    created_name TEXT NOT NULL,
    issued_at BIGINT,
    issued_by BIGINT,
    issued_name TEXT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX broadcast_identifier ON broadcast (identifier);
CREATE INDEX broadcast_case ON broadcast (case_id);
-- What others say to the town; the document as it came.
CREATE TABLE alert_received (
    id BIGINT PRIMARY KEY,
    sender TEXT NOT NULL,
    identifier TEXT NOT NULL,
    sent BIGINT NOT NULL,
    status TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    event TEXT NOT NULL,
    headline TEXT NOT NULL,
    document TEXT NOT NULL,
    case_id BIGINT,
    received_at BIGINT NOT NULL,
    UNIQUE (sender, identifier, sent)
);
