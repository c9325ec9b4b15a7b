CREATE TABLE roster (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    area BIGINT,
    members TEXT NOT NULL,
    rotation TEXT NOT NULL,
    covers BIGINT NOT NULL,
    active BIGINT NOT NULL,
    planned_to BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE shift (
    id BIGINT PRIMARY KEY,
    roster BIGINT NOT NULL,
    role TEXT NOT NULL,
    area BIGINT,
    watch TEXT NOT NULL,
    staff BIGINT NOT NULL,
    planned BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    covers BIGINT NOT NULL,
    origin TEXT NOT NULL,
    checked_in_at BIGINT,
    missed_at BIGINT,
    note TEXT NOT NULL
);
CREATE INDEX shift_time ON shift (ends_at, starts_at);
CREATE INDEX shift_staff ON shift (staff, starts_at);
CREATE INDEX shift_roster ON shift (roster, starts_at);
CREATE TABLE duty_remark (
    id BIGINT PRIMARY KEY,
    shift BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX duty_remark_shift ON duty_remark (shift, id);
