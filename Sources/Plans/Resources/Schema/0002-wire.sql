ALTER TABLE drill ADD COLUMN detector BIGINT;
ALTER TABLE drill ADD COLUMN by_itself BIGINT NOT NULL DEFAULT 0;
ALTER TABLE drill ADD COLUMN failure TEXT NOT NULL DEFAULT '';
CREATE INDEX drill_open ON drill (ended_at, planned_at);
