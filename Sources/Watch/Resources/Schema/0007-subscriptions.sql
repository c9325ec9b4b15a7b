CREATE TABLE watch_subscription (
  device TEXT NOT NULL, topic TEXT NOT NULL, dialog TEXT NOT NULL, event TEXT NOT NULL, expires_at BIGINT NOT NULL,
  renew_at BIGINT NOT NULL, PRIMARY KEY (device, topic)
);
CREATE TABLE camera_position (
  camera BIGINT PRIMARY KEY REFERENCES camera (id), lat DOUBLE PRECISION NOT NULL, lon DOUBLE PRECISION NOT NULL,
  speed DOUBLE PRECISION, at BIGINT NOT NULL
);
