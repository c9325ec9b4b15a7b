CREATE TABLE lesson (
    id BIGINT PRIMARY KEY,
    state TEXT NOT NULL,
    topic TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    months TEXT NOT NULL,
    categories TEXT NOT NULL,
    quiz TEXT NOT NULL,
    author BIGINT,
    author_name TEXT NOT NULL,
    reviewer_name TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    published_at BIGINT,
    quiz_done BIGINT NOT NULL,
    quiz_right BIGINT NOT NULL
);
CREATE INDEX lesson_state ON lesson (state, id);
