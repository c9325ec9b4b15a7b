CREATE TABLE site_plan (
  site BIGINT PRIMARY KEY REFERENCES site (id), jpeg BYTEA NOT NULL, changed_at BIGINT NOT NULL
);
