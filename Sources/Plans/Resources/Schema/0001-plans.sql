CREATE TABLE plan (
    id BIGINT PRIMARY KEY,
    family BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity BIGINT NOT NULL,
    content TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT
);
CREATE INDEX plan_kind ON plan (kind, from_at);
CREATE TABLE plan_tick (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    plan BIGINT NOT NULL,
    step BIGINT NOT NULL,
    at BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE UNIQUE INDEX plan_tick_step ON plan_tick (case_id, plan, step);
CREATE TABLE drill (
    id BIGINT PRIMARY KEY,
    plan_family BIGINT NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    planned_at BIGINT NOT NULL,
    case_id BIGINT,
    started_at BIGINT,
    ended_at BIGINT,
    made_by TEXT NOT NULL,
    lesson TEXT NOT NULL
);
CREATE INDEX drill_planned ON drill (planned_at, id);
