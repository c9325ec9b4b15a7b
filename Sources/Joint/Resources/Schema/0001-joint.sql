CREATE TABLE joint_case (
    case_id BIGINT PRIMARY KEY,
    lead BIGINT NOT NULL,
    goal TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL
);
CREATE TABLE joint_task (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    office BIGINT NOT NULL,
    text TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    result TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    done_by TEXT NOT NULL,
    done_at BIGINT,
    late_at BIGINT
);
CREATE INDEX joint_task_case ON joint_task (case_id, id);
CREATE INDEX joint_task_open ON joint_task (state, due_at);
CREATE INDEX joint_task_office ON joint_task (office, state, due_at);
CREATE TABLE joint_message (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX joint_message_case ON joint_message (case_id, id);
CREATE TABLE joint_mention (
    message BIGINT NOT NULL REFERENCES joint_message (id),
    staff BIGINT NOT NULL,
    name TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (message, staff)
);
CREATE INDEX joint_mention_staff ON joint_mention (staff, read_at, message);
CREATE TABLE joint_review (
    week BIGINT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    text TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (week, kind, place)
);
