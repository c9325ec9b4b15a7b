-- Pictures of lessons, made anew here, without anything else of their files.
CREATE TABLE lesson_picture (
    id BIGINT PRIMARY KEY,
    lesson BIGINT NOT NULL,
    words TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    bytes BYTEA NOT NULL
);
CREATE INDEX lesson_picture_lesson ON lesson_picture (lesson, id);
-- The hour of a consent: it is for what comes after it.
ALTER TABLE account_consent ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
