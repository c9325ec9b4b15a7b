-- Departments that help the one in charge (协办).
CREATE TABLE report_assist (
    case_id BIGINT NOT NULL,
    department BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, department)
);
CREATE INDEX report_assist_department ON report_assist (department, case_id);
-- Calls back to reporters (回访) by somebody who did not handle the case: reached and rated, or not reached.
CREATE TABLE report_call (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    report BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    at BIGINT NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX report_call_case ON report_call (case_id, id);
-- Answers that are kept to be used again, of the desk or of a department.
CREATE TABLE answer_template (
    id BIGINT PRIMARY KEY,
    holder TEXT NOT NULL,
    words TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX answer_template_holder ON answer_template (holder, id);
-- Photos with what nobody shall see blacked out, made anew: what everybody may see once the outcome is public.
CREATE TABLE public_photo (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    report BIGINT NOT NULL,
    position BIGINT NOT NULL,
    image BYTEA NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX public_photo_of ON public_photo (case_id, report, position);
