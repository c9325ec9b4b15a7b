CREATE TABLE area (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    parent BIGINT REFERENCES area (id),
    geometry TEXT NOT NULL
);
CREATE INDEX area_parent ON area (parent);
CREATE TABLE landmark (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    geometry TEXT NOT NULL
);
