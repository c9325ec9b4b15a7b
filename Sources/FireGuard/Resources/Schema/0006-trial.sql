CREATE TABLE fire_trial (
  mark TEXT PRIMARY KEY, way TEXT NOT NULL, sent_at BIGINT NOT NULL, heard_at BIGINT, failure TEXT, case_id BIGINT
);
CREATE INDEX fire_trial_way ON fire_trial (way, sent_at);
