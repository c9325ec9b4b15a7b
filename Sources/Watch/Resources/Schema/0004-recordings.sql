CREATE TABLE watch_recording (
  camera BIGINT PRIMARY KEY REFERENCES camera (id), mode TEXT NOT NULL, keep_days BIGINT NOT NULL,
  until BIGINT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE TABLE watch_segment (
  id BIGINT PRIMARY KEY, camera BIGINT NOT NULL REFERENCES camera (id), start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL, file TEXT NOT NULL, bytes BIGINT NOT NULL, codec TEXT NOT NULL, width BIGINT NOT NULL,
  height BIGINT NOT NULL
);
CREATE UNIQUE INDEX watch_segment_file ON watch_segment (camera, file);
CREATE INDEX watch_segment_time ON watch_segment (camera, start_at);
CREATE INDEX watch_segment_age ON watch_segment (start_at);
CREATE TABLE watch_clip (
  id BIGINT PRIMARY KEY, camera BIGINT NOT NULL REFERENCES camera (id), from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL, case_id BIGINT, sha256 TEXT NOT NULL, bytes BIGINT NOT NULL, reason TEXT NOT NULL,
  made_by TEXT NOT NULL, made_at BIGINT NOT NULL
);
CREATE INDEX watch_clip_camera ON watch_clip (camera, from_at);
