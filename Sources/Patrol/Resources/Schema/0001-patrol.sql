CREATE TABLE patrol_round (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    area BIGINT,
    content TEXT NOT NULL,
    active BIGINT NOT NULL,
    planned_to BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE patrol_point (
    id BIGINT PRIMARY KEY,
    round BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    radius BIGINT NOT NULL,
    subject TEXT NOT NULL,
    code TEXT NOT NULL,
    active BIGINT NOT NULL
);
CREATE INDEX patrol_point_round ON patrol_point (round, seq);
CREATE TABLE patrol_run (
    id BIGINT PRIMARY KEY,
    round BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    grace_at BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    done_at BIGINT,
    missed_at BIGINT,
    case_id BIGINT
);
CREATE UNIQUE INDEX patrol_run_start ON patrol_run (round, starts_at);
CREATE INDEX patrol_run_time ON patrol_run (starts_at, id);
CREATE INDEX patrol_run_open ON patrol_run (done_at, missed_at, grace_at);
CREATE TABLE patrol_stop (
    id BIGINT PRIMARY KEY,
    run BIGINT NOT NULL,
    point BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT,
    told_at BIGINT,
    staff BIGINT,
    staff_name TEXT NOT NULL,
    way TEXT NOT NULL,
    metres BIGINT,
    photo BIGINT,
    note TEXT NOT NULL
);
CREATE UNIQUE INDEX patrol_stop_point ON patrol_stop (run, point);
CREATE INDEX patrol_stop_photo ON patrol_stop (photo);
CREATE TABLE patrol_track (
    staff BIGINT NOT NULL,
    at BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    accuracy BIGINT NOT NULL,
    PRIMARY KEY (staff, at)
);
CREATE INDEX patrol_track_at ON patrol_track (at);
CREATE TABLE patrol_track_look (
    id BIGINT PRIMARY KEY,
    staff BIGINT NOT NULL,
    at BIGINT NOT NULL,
    viewer_name TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    case_number TEXT NOT NULL,
    purpose TEXT NOT NULL
);
CREATE INDEX patrol_track_look_staff ON patrol_track_look (staff, at);
