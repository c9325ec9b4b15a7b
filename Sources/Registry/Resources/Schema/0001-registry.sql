CREATE TABLE registry_category (
    category TEXT NOT NULL,
    version BIGINT NOT NULL,
    declaration TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    is_current BIGINT NOT NULL,
    PRIMARY KEY (category, version)
);
CREATE TABLE registry_record (
    id BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    area BIGINT,
    village BIGINT,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    sort_key TEXT NOT NULL,
    row_key TEXT NOT NULL,
    data TEXT NOT NULL,
    facts TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    doubts BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX registry_record_key ON registry_record (row_key);
CREATE INDEX registry_record_list ON registry_record (category, id);
CREATE INDEX registry_record_due ON registry_record (due_at);
CREATE INDEX registry_record_sort ON registry_record (category, sort_key, id);
CREATE INDEX registry_record_place ON registry_record (lat, lon);
CREATE INDEX registry_record_quality ON registry_record (category, village, due_at, doubts, missing);
CREATE TABLE registry_token (
    record BIGINT PRIMARY KEY,
    tokens TEXT NOT NULL
);
-- only sqlite
CREATE VIRTUAL TABLE registry_search USING fts5 (tokens, content='registry_token', content_rowid='record', detail=none, columnsize=0, tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Cn'");
CREATE TRIGGER registry_token_added AFTER INSERT ON registry_token BEGIN INSERT INTO registry_search (rowid, tokens) VALUES (new.record, new.tokens); END;
CREATE TRIGGER registry_token_removed AFTER DELETE ON registry_token BEGIN INSERT INTO registry_search (registry_search, rowid, tokens) VALUES ('delete', old.record, old.tokens); END;
CREATE TRIGGER registry_token_changed AFTER UPDATE ON registry_token BEGIN INSERT INTO registry_search (registry_search, rowid, tokens) VALUES ('delete', old.record, old.tokens); INSERT INTO registry_search (rowid, tokens) VALUES (new.record, new.tokens); END;
-- end
-- only postgresql
CREATE INDEX registry_token_words ON registry_token USING gin (string_to_array(tokens, ' '));
-- end
CREATE TABLE registry_change (
    id BIGINT PRIMARY KEY,
    record BIGINT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BIGINT,
    actor_name TEXT NOT NULL,
    source TEXT NOT NULL,
    field TEXT NOT NULL,
    old_value TEXT NOT NULL,
    new_value TEXT NOT NULL
);
CREATE INDEX registry_change_record ON registry_change (record, id);
CREATE TABLE registry_grant (
    id BIGINT PRIMARY KEY,
    staff BIGINT NOT NULL,
    record BIGINT NOT NULL,
    category TEXT NOT NULL,
    purpose TEXT NOT NULL,
    case_number TEXT NOT NULL,
    at BIGINT NOT NULL,
    until_at BIGINT NOT NULL
);
CREATE INDEX registry_grant_staff ON registry_grant (staff, at);
CREATE INDEX registry_grant_record ON registry_grant (record);
CREATE TABLE registry_doubt (
    id BIGINT PRIMARY KEY,
    record BIGINT NOT NULL,
    rule TEXT NOT NULL,
    fields TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE UNIQUE INDEX registry_doubt_rule ON registry_doubt (record, rule, fields);
CREATE INDEX registry_doubt_open ON registry_doubt (state, record);
CREATE TABLE registry_pair (
    id BIGINT PRIMARY KEY,
    left_record BIGINT NOT NULL,
    right_record BIGINT NOT NULL,
    score BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT NOT NULL
);
CREATE UNIQUE INDEX registry_pair_both ON registry_pair (left_record, right_record);
CREATE INDEX registry_pair_open ON registry_pair (state, score, id);
CREATE INDEX registry_pair_right ON registry_pair (right_record);
CREATE TABLE registry_proposal (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    record BIGINT NOT NULL,
    other BIGINT,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    by_staff BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    decided_staff BIGINT,
    decided_name TEXT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX registry_proposal_state ON registry_proposal (state, id);
CREATE INDEX registry_proposal_record ON registry_proposal (record);
CREATE TABLE registry_tombstone (
    record BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE registry_import (
    id BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    plan TEXT NOT NULL,
    state TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    same BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    by_staff BIGINT,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE TABLE registry_refusal (
    import_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    flaws TEXT NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE TABLE registry_mapping (
    category TEXT NOT NULL,
    heads TEXT NOT NULL,
    columns TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (category, heads)
);
CREATE TABLE registry_export (
    id BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    staff BIGINT NOT NULL,
    staff_name TEXT NOT NULL,
    rows BIGINT NOT NULL,
    first_record BIGINT,
    last_record BIGINT,
    at BIGINT NOT NULL
);
CREATE TABLE registry_state (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO registry_state (name, value) VALUES ('data', 1);
