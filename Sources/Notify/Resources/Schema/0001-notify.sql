CREATE TABLE message (
    id BIGINT PRIMARY KEY,
    message_key TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    to_name TEXT NOT NULL,
    to_phone TEXT NOT NULL,
    to_role TEXT NOT NULL,
    text TEXT NOT NULL,
    case_id BIGINT,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    queued_at BIGINT NOT NULL
);
CREATE INDEX message_case ON message (case_id, id);
CREATE INDEX message_subject ON message (subject, state);
CREATE INDEX message_state ON message (state, id);
