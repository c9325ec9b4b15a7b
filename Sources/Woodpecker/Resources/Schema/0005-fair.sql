-- What was promised first stays, whatever was granted later: the rates count by it.
ALTER TABLE report_case ADD COLUMN first_due_at BIGINT NOT NULL DEFAULT 0;
UPDATE report_case SET first_due_at = due_at;
ALTER TABLE report_case ADD COLUMN extended_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE report_case ADD COLUMN suspensions BIGINT NOT NULL DEFAULT 0;
CREATE INDEX report_case_first_due ON report_case (first_due_at);
-- Who gave what back: a department does not lose its returns with the case.
CREATE TABLE report_return (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    department BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX report_return_case ON report_return (case_id, department);
-- What other systems write, sealed to those who handle the case.
CREATE TABLE open311_text (
    update_id BIGINT NOT NULL,
    holder TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (update_id, holder)
);
