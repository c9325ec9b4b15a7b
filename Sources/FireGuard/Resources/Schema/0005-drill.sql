CREATE TABLE fire_drill (
  unique_key TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, detector BIGINT NOT NULL, frame BYTEA NOT NULL,
  announced_at BIGINT NOT NULL, alarm BIGINT
);
