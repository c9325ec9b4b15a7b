CREATE TABLE push_device (
    id BIGINT PRIMARY KEY,
    staff BIGINT NOT NULL,
    endpoint TEXT NOT NULL UNIQUE,
    point TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX push_device_staff ON push_device (staff, created_at);
CREATE TABLE push_key (
    id BIGINT PRIMARY KEY,
    private_key TEXT NOT NULL
);
