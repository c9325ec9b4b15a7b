CREATE TABLE case_record (
    id BIGINT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    severity BIGINT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    area BIGINT,
    subject TEXT NOT NULL,
    verdict TEXT NOT NULL,
    supervised BIGINT NOT NULL,
    is_open BIGINT NOT NULL,
    due_at BIGINT,
    opened_at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    dispatched_at BIGINT,
    arrived_at BIGINT,
    handled_at BIGINT,
    closed_at BIGINT,
    entries BIGINT NOT NULL
);
CREATE INDEX case_open ON case_record (is_open, id);
CREATE INDEX case_subject ON case_record (subject, id);
CREATE TABLE case_entry (
    case_id BIGINT NOT NULL REFERENCES case_record (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BIGINT,
    actor_name TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (case_id, seq)
);
CREATE TABLE case_signal (
    source TEXT NOT NULL,
    signal_key TEXT NOT NULL,
    case_id BIGINT NOT NULL REFERENCES case_record (id),
    PRIMARY KEY (source, signal_key)
);
CREATE TABLE case_day (
    day TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);
CREATE TABLE unit (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    phone TEXT NOT NULL,
    off_duty BIGINT NOT NULL
);
CREATE TABLE unit_member (
    unit BIGINT NOT NULL REFERENCES unit (id),
    staff BIGINT NOT NULL,
    PRIMARY KEY (unit, staff)
);
CREATE INDEX unit_member_staff ON unit_member (staff);
CREATE TABLE task (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES case_record (id),
    unit BIGINT NOT NULL REFERENCES unit (id),
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    offered_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX task_case ON task (case_id, id);
CREATE INDEX task_unit ON task (unit, id);
CREATE TABLE attachment (
    id BIGINT PRIMARY KEY,
    case_id BIGINT,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    uploaded_by BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL
);
CREATE INDEX attachment_case ON attachment (case_id, id);
