CREATE TABLE idempotency (
    caller BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    route TEXT NOT NULL,
    fingerprint BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);
CREATE INDEX idempotency_at ON idempotency (at);
