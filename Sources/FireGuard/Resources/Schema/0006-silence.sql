-- One work for the detectors that fall silent together: at one site behind one gateway, or, with site 0, behind all of it.
CREATE TABLE silence (
  gateway BIGINT NOT NULL, site BIGINT NOT NULL, case_id BIGINT NOT NULL, last_at BIGINT NOT NULL,
  devices BIGINT NOT NULL, told BIGINT NOT NULL, PRIMARY KEY (gateway, site)
);
