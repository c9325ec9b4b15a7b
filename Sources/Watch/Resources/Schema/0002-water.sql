CREATE TABLE water_place (
  id BIGINT PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL, area BIGINT, lat DOUBLE PRECISION,
  lon DOUBLE PRECISION, season_from BIGINT NOT NULL, season_to BIGINT NOT NULL, minute_from BIGINT NOT NULL,
  minute_to BIGINT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE TABLE water_camera (
  place BIGINT NOT NULL REFERENCES water_place (id), camera BIGINT NOT NULL REFERENCES camera (id),
  PRIMARY KEY (place, camera)
);
CREATE TABLE water_sighting (
  id BIGINT PRIMARY KEY, place BIGINT NOT NULL REFERENCES water_place (id), camera BIGINT, case_id BIGINT NOT NULL,
  seen_at BIGINT NOT NULL, seen_by BIGINT NOT NULL, seen_by_name TEXT NOT NULL, children BIGINT NOT NULL,
  outcome TEXT, persuaded_adults BIGINT NOT NULL, persuaded_children BIGINT NOT NULL, note TEXT NOT NULL,
  ended_at BIGINT, ended_by TEXT NOT NULL
);
CREATE INDEX water_sighting_place ON water_sighting (place, seen_at);
CREATE INDEX water_sighting_open ON water_sighting (id) WHERE ended_at IS NULL;
CREATE TABLE water_watch (
  id BIGINT PRIMARY KEY, place BIGINT NOT NULL REFERENCES water_place (id), staff BIGINT NOT NULL, name TEXT NOT NULL,
  from_at BIGINT NOT NULL, to_at BIGINT NOT NULL
);
CREATE INDEX water_watch_place ON water_watch (place, to_at);
CREATE INDEX water_watch_staff ON water_watch (staff, place, to_at);
