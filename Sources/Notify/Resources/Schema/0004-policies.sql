CREATE TABLE escalation_policy (
    id BIGINT PRIMARY KEY,
    title TEXT NOT NULL,
    policy TEXT NOT NULL,
    active BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
ALTER TABLE escalation ADD COLUMN rule TEXT;
