CREATE TABLE shift_swap (
    id BIGINT PRIMARY KEY,
    shift BIGINT NOT NULL,
    asker BIGINT NOT NULL,
    other BIGINT NOT NULL,
    other_shift BIGINT,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX shift_swap_other ON shift_swap (other, state, id);
CREATE INDEX shift_swap_shift ON shift_swap (shift, state);
CREATE TABLE duty_calendar (
    staff BIGINT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL
);
