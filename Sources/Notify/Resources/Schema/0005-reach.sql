ALTER TABLE message ADD COLUMN kind TEXT;
ALTER TABLE message ADD COLUMN variables TEXT;
ALTER TABLE message ADD COLUMN report_due BIGINT;
CREATE INDEX message_report ON message (state, report_due);
CREATE INDEX message_reply ON message (to_phone, queued_at);
ALTER TABLE carrier_try ADD COLUMN text TEXT;
CREATE TABLE message_template (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    carrier TEXT NOT NULL,
    body TEXT NOT NULL,
    carrier_code TEXT NOT NULL,
    state TEXT NOT NULL,
    written_by BIGINT NOT NULL,
    writer TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    approved_by BIGINT,
    approver TEXT,
    approved_at BIGINT
);
CREATE INDEX message_template_of ON message_template (kind, channel, state);
CREATE TABLE recipient_language (
    phone TEXT PRIMARY KEY,
    language TEXT NOT NULL
);
ALTER TABLE escalation ADD COLUMN kind TEXT;
ALTER TABLE escalation ADD COLUMN variables TEXT;
