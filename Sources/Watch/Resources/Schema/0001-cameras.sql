CREATE TABLE watch_device (
  id BIGINT PRIMARY KEY, gb_id TEXT NOT NULL, name TEXT NOT NULL, area BIGINT, transport TEXT NOT NULL,
  algorithm TEXT NOT NULL, ha1 TEXT NOT NULL, manufacturer TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL,
  version TEXT NOT NULL, quirks TEXT NOT NULL, hop TEXT NOT NULL, contact TEXT NOT NULL, registered_at BIGINT,
  expires_at BIGINT, last_seen BIGINT, online BIGINT NOT NULL, changed_at BIGINT NOT NULL,
  announced BIGINT, received BIGINT, catalogue_at BIGINT, trouble TEXT NOT NULL
);
CREATE UNIQUE INDEX watch_device_gb ON watch_device (gb_id);
CREATE TABLE camera (
  id BIGINT PRIMARY KEY, device BIGINT NOT NULL REFERENCES watch_device (id), gb_id TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, given_name TEXT NOT NULL, address TEXT NOT NULL, manufacturer TEXT NOT NULL, model TEXT NOT NULL,
  parent TEXT NOT NULL, place TEXT NOT NULL, area BIGINT, lat DOUBLE PRECISION, lon DOUBLE PRECISION,
  ptz BIGINT NOT NULL, online BIGINT NOT NULL, missing BIGINT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX camera_gb ON camera (device, gb_id);
CREATE INDEX camera_area ON camera (area, id);
CREATE TABLE camera_preset (
  camera BIGINT NOT NULL REFERENCES camera (id), number BIGINT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (camera, number)
);
CREATE TABLE camera_alarm (
  id BIGINT PRIMARY KEY, unique_key TEXT NOT NULL, device BIGINT NOT NULL, camera BIGINT, method BIGINT NOT NULL,
  type BIGINT, priority BIGINT NOT NULL, text TEXT NOT NULL, device_time BIGINT, received_at BIGINT NOT NULL,
  case_id BIGINT
);
CREATE UNIQUE INDEX camera_alarm_key ON camera_alarm (unique_key);
CREATE TABLE watch_call (
  call_id TEXT PRIMARY KEY, device BIGINT NOT NULL, dialog TEXT NOT NULL, hop TEXT NOT NULL, at BIGINT NOT NULL
);
