CREATE TABLE watch_layout (
  id BIGINT PRIMARY KEY, name TEXT NOT NULL, size BIGINT NOT NULL, seconds BIGINT NOT NULL, cameras TEXT NOT NULL,
  made_by TEXT NOT NULL, changed_at BIGINT NOT NULL
);
