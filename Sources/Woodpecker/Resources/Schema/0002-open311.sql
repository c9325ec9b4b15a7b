CREATE TABLE open311_key (
    key_hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE open311_update (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    theirs TEXT NOT NULL,
    status TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX open311_update_theirs ON open311_update (case_id, theirs);
CREATE INDEX open311_update_at ON open311_update (at, id);
CREATE INDEX report_case_answer_due ON report_case (answer_due_at);
CREATE INDEX report_case_finished ON report_case (finished_at);
