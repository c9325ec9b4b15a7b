-- A lesson's video. Its files lie in the data folder: what came in until it was made anew, then what was made.
CREATE TABLE lesson_video (
    id BIGINT PRIMARY KEY,
    lesson BIGINT NOT NULL UNIQUE,
    words TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    captions TEXT NOT NULL,
    brought_at BIGINT NOT NULL,
    poster BYTEA
);
