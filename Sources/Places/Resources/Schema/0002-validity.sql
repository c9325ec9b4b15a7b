-- An area keeps its number while its border moves; a split or a merger makes new areas. `area` is how it stands, with
-- those that have ended; `area_version` is how it stood.
ALTER TABLE area ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE area ADD COLUMN valid_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE area ADD COLUMN valid_until BIGINT;
CREATE UNIQUE INDEX area_code ON area (code) WHERE code <> '';
CREATE TABLE area_revision (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor BIGINT,
    actor_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    undoes BIGINT,
    undone_by BIGINT,
    moved BIGINT NOT NULL
);
CREATE TABLE area_version (
    area BIGINT NOT NULL REFERENCES area (id),
    begun_by BIGINT NOT NULL,
    name TEXT NOT NULL,
    code TEXT NOT NULL,
    parent BIGINT,
    geometry TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    ended_by BIGINT,
    PRIMARY KEY (area, begun_by)
);
CREATE INDEX area_version_ended ON area_version (ended_by);
CREATE INDEX area_version_begun ON area_version (begun_by);
CREATE TABLE area_lineage (
    revision BIGINT NOT NULL REFERENCES area_revision (id),
    predecessor BIGINT NOT NULL REFERENCES area (id),
    successor BIGINT NOT NULL REFERENCES area (id),
    PRIMARY KEY (predecessor, successor)
);
CREATE INDEX area_lineage_successor ON area_lineage (successor);
CREATE TABLE area_code_format (
    level TEXT PRIMARY KEY,
    digits BIGINT NOT NULL
);
