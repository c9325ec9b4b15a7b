CREATE TABLE watch_voice (
  id BIGINT PRIMARY KEY, at BIGINT NOT NULL, person TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  reason TEXT NOT NULL, case_id BIGINT, urgent BIGINT NOT NULL, ended_at BIGINT
);
CREATE TABLE watch_voice_speaker (
  voice BIGINT NOT NULL REFERENCES watch_voice (id), camera BIGINT NOT NULL, name TEXT NOT NULL, stage TEXT NOT NULL,
  failure TEXT, agreed_at BIGINT, connected_at BIGINT, spoken_ms BIGINT NOT NULL, PRIMARY KEY (voice, camera)
);
