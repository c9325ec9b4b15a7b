-- What the official account says of its own accord. Persons stand here under a keyed hash, their numbers sealed under a
-- key of the data folder, and only of those who asked to be told.
CREATE TABLE account_follow (
    report BIGINT PRIMARY KEY,
    person TEXT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX account_follow_person ON account_follow (person);
-- When somebody wrote last, to the hour, and how many of the five messages of the 48 hours after it are used.
CREATE TABLE account_window (
    person TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    used BIGINT NOT NULL
);
-- One consent is one message. One that a message under way holds is not given to another.
CREATE TABLE account_consent (
    id BIGINT PRIMARY KEY,
    person TEXT NOT NULL,
    template TEXT NOT NULL,
    -- The scene of a one-time subscription; -1 for a subscription notice.
    scene BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    held BIGINT
);
CREATE INDEX account_consent_person ON account_consent (person, template);
CREATE INDEX account_consent_scene ON account_consent (scene, id);
CREATE TABLE account_out (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    way TEXT NOT NULL,
    step TEXT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease_until BIGINT,
    code TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX account_out_due ON account_out (state, next_at);
CREATE INDEX account_out_subject ON account_out (kind, subject);
CREATE TABLE account_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
