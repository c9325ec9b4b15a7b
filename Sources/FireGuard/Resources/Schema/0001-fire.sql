CREATE TABLE site (
  id BIGINT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, lat DOUBLE PRECISION, lon DOUBLE PRECISION,
  area BIGINT, owner_name TEXT NOT NULL, owner_phone TEXT NOT NULL, owner BIGINT,
  maintenance_until BIGINT, maintenance_note TEXT NOT NULL, plan TEXT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE INDEX site_owner ON site (owner);
CREATE INDEX site_place ON site (lat, lon);
CREATE TABLE key_holder (
  id BIGINT PRIMARY KEY, site BIGINT NOT NULL REFERENCES site (id), name TEXT NOT NULL, phone TEXT NOT NULL,
  place BIGINT NOT NULL
);
CREATE INDEX key_holder_site ON key_holder (site, place);
CREATE TABLE gateway (
  id BIGINT PRIMARY KEY, kind TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL,
  site BIGINT REFERENCES site (id), heartbeat_s BIGINT NOT NULL, secret TEXT NOT NULL,
  last_seen BIGINT, offline BIGINT NOT NULL
);
CREATE UNIQUE INDEX gateway_address ON gateway (kind, address);
CREATE INDEX gateway_site ON gateway (site);
CREATE TABLE detector (
  id BIGINT PRIMARY KEY, site BIGINT NOT NULL REFERENCES site (id), gateway BIGINT NOT NULL REFERENCES gateway (id),
  address TEXT NOT NULL, kind TEXT NOT NULL, place TEXT NOT NULL, plan_x BIGINT, plan_y BIGINT,
  report_s BIGINT NOT NULL, battery BIGINT, last_seen BIGINT, offline BIGINT NOT NULL, faulty BIGINT NOT NULL,
  battery_low BIGINT NOT NULL, in_alarm BIGINT NOT NULL
);
CREATE UNIQUE INDEX detector_address ON detector (gateway, address);
CREATE INDEX detector_site ON detector (site, id);
CREATE TABLE alarm (
  id BIGINT PRIMARY KEY, detector BIGINT, gateway BIGINT, site BIGINT, area BIGINT, source_key TEXT NOT NULL,
  peer TEXT NOT NULL, scope TEXT NOT NULL, kind TEXT NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL, verdict TEXT,
  severity BIGINT NOT NULL, marked_test BIGINT NOT NULL, in_maintenance BIGINT NOT NULL, raised_at BIGINT NOT NULL,
  last_signal_at BIGINT NOT NULL, device_time BIGINT, repeats BIGINT NOT NULL, restored_at BIGINT,
  acknowledged_at BIGINT, acknowledged_by TEXT NOT NULL, verified_at BIGINT, verified_by TEXT NOT NULL,
  second_source TEXT, note TEXT NOT NULL, cleared_at BIGINT, case_id BIGINT, reasons TEXT NOT NULL
);
CREATE INDEX alarm_source ON alarm (source_key, id);
CREATE INDEX alarm_site ON alarm (site, id);
CREATE INDEX alarm_gateway ON alarm (gateway) WHERE state <> 'cleared';
CREATE INDEX alarm_case ON alarm (case_id);
CREATE INDEX alarm_open ON alarm (id) WHERE state <> 'cleared';
CREATE INDEX alarm_unknown ON alarm (peer) WHERE site IS NULL AND state <> 'cleared';
CREATE INDEX alarm_works ON alarm (site) WHERE in_maintenance = 1 AND state = 'raised';
CREATE TABLE fire_signal (
  id BIGINT PRIMARY KEY, source_key TEXT NOT NULL, unique_key TEXT NOT NULL, kind TEXT NOT NULL,
  received_at BIGINT NOT NULL, device_time BIGINT, marked_test BIGINT NOT NULL, text TEXT NOT NULL, raw BYTEA NOT NULL,
  alarm BIGINT, reasons TEXT NOT NULL
);
CREATE UNIQUE INDEX fire_signal_key ON fire_signal (unique_key);
CREATE INDEX fire_signal_source ON fire_signal (source_key, id);
CREATE INDEX fire_signal_alarm ON fire_signal (alarm);
CREATE INDEX fire_signal_age ON fire_signal (received_at);
CREATE TABLE trouble (
  id BIGINT PRIMARY KEY, kind TEXT NOT NULL, detector BIGINT, gateway BIGINT, site BIGINT, thing TEXT NOT NULL,
  since BIGINT NOT NULL, ended_at BIGINT, case_id BIGINT
);
CREATE UNIQUE INDEX trouble_open ON trouble (thing, kind) WHERE ended_at IS NULL;
CREATE INDEX trouble_site ON trouble (site, id);
CREATE TABLE inspection (
  id BIGINT PRIMARY KEY, site BIGINT NOT NULL REFERENCES site (id), kind TEXT NOT NULL, due_at BIGINT NOT NULL,
  done_at BIGINT, done_by TEXT NOT NULL, passed BIGINT NOT NULL, note TEXT NOT NULL
);
CREATE UNIQUE INDEX inspection_open ON inspection (site, kind) WHERE done_at IS NULL;
CREATE INDEX inspection_due ON inspection (due_at) WHERE done_at IS NULL;
CREATE INDEX inspection_site ON inspection (site, id);
CREATE TABLE roll_call (
  id BIGINT PRIMARY KEY, gateway BIGINT NOT NULL REFERENCES gateway (id), asked_at BIGINT NOT NULL,
  asked_by TEXT NOT NULL, minutes BIGINT NOT NULL, delivered_at BIGINT, answered_at BIGINT, outcome TEXT NOT NULL
);
CREATE INDEX roll_call_gateway ON roll_call (gateway, id);
