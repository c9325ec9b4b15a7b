ALTER TABLE water_place ADD COLUMN speaker BIGINT;
ALTER TABLE camera ADD COLUMN home_preset BIGINT;
ALTER TABLE camera ADD COLUMN home_seconds BIGINT;
