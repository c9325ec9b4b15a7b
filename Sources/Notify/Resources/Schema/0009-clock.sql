ALTER TABLE escalation ADD COLUMN set_at BIGINT;
CREATE INDEX escalation_set ON escalation (set_at);
