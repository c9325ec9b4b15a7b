-- Who may open what was sealed to whom. A private key never stands here in the clear.
CREATE TABLE seal_person (
    staff BIGINT PRIMARY KEY,
    public_key BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    wrapped BYTEA NOT NULL
);
CREATE TABLE seal_holder (
    holder TEXT PRIMARY KEY,
    public_key BYTEA NOT NULL
);
CREATE TABLE seal_share (
    holder TEXT NOT NULL REFERENCES seal_holder (holder),
    staff BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (holder, staff)
);
CREATE TABLE department (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    categories TEXT NOT NULL,
    areas TEXT NOT NULL,
    active BIGINT NOT NULL
);
CREATE TABLE department_member (
    department BIGINT NOT NULL REFERENCES department (id),
    staff BIGINT NOT NULL,
    PRIMARY KEY (department, staff)
);
CREATE INDEX department_member_staff ON department_member (staff);
-- What a case of reports is to the room: plain columns alone, none of which says who or what exactly.
CREATE TABLE report_case (
    case_id BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    area BIGINT,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    about TEXT NOT NULL,
    department BIGINT,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    answer_due_at BIGINT NOT NULL,
    handed_at BIGINT,
    answered_at BIGINT,
    outcome TEXT NOT NULL,
    finished_at BIGINT,
    returns BIGINT NOT NULL,
    extensions BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    waits BIGINT NOT NULL,
    public_words TEXT NOT NULL,
    published_at BIGINT
);
CREATE INDEX report_case_opened ON report_case (opened_at);
CREATE INDEX report_case_due ON report_case (due_at);
CREATE INDEX report_case_department ON report_case (department, case_id);
CREATE INDEX report_case_published ON report_case (published_at);
CREATE TABLE report (
    id BIGINT PRIMARY KEY,
    locator TEXT NOT NULL UNIQUE,
    salt BYTEA NOT NULL,
    proof BYTEA NOT NULL,
    level TEXT NOT NULL,
    channel TEXT NOT NULL,
    category TEXT NOT NULL,
    area BIGINT,
    case_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    content BYTEA NOT NULL,
    -- Name and phone of a confidential reporter, sealed to the desk and to nobody else.
    contact BYTEA NOT NULL,
    photos BIGINT NOT NULL,
    may_publish BIGINT NOT NULL,
    muted BIGINT NOT NULL,
    rating TEXT NOT NULL,
    erased_at BIGINT
);
CREATE INDEX report_case_id ON report (case_id, id);
CREATE INDEX report_received ON report (received_at);
CREATE TABLE report_seal (
    report BIGINT NOT NULL REFERENCES report (id),
    holder TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (report, holder)
);
CREATE TABLE report_photo (
    report BIGINT NOT NULL REFERENCES report (id),
    position BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (report, position)
);
CREATE TABLE report_message (
    id BIGINT PRIMARY KEY,
    report BIGINT NOT NULL REFERENCES report (id),
    at BIGINT NOT NULL,
    sender TEXT NOT NULL,
    kind TEXT NOT NULL,
    body BYTEA NOT NULL,
    -- The order in which they came: their times may be those of the hour.
    position BIGINT NOT NULL
);
CREATE UNIQUE INDEX report_message_order ON report_message (report, position);
