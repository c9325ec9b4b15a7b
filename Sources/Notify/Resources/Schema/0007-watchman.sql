ALTER TABLE message ADD COLUMN via TEXT;
CREATE TABLE reach_warning (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    found_at BIGINT NOT NULL,
    ended_at BIGINT,
    case_id BIGINT
);
CREATE INDEX reach_warning_open ON reach_warning (ended_at, kind);
CREATE TABLE carrier_pulse (
    carrier TEXT PRIMARY KEY,
    heard_at BIGINT NOT NULL
);
CREATE TABLE reach_address (
    staff BIGINT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (staff, channel)
);
