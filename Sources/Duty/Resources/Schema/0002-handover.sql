CREATE TABLE handover (
    id BIGINT PRIMARY KEY,
    shift BIGINT NOT NULL UNIQUE,
    next_shift BIGINT NOT NULL,
    role TEXT NOT NULL,
    giver BIGINT NOT NULL,
    taker BIGINT NOT NULL,
    at BIGINT NOT NULL,
    snapshot TEXT NOT NULL,
    digest TEXT NOT NULL,
    done_at BIGINT
);
CREATE INDEX handover_taker ON handover (taker, id);
CREATE TABLE handover_item (
    id BIGINT PRIMARY KEY,
    handover BIGINT NOT NULL,
    kind TEXT NOT NULL,
    href TEXT NOT NULL,
    text TEXT NOT NULL,
    due_at BIGINT,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX handover_item_of ON handover_item (handover, id);
