-- A lesson that was passed becomes public by itself at this moment.
ALTER TABLE lesson ADD COLUMN publish_at BIGINT;
CREATE INDEX lesson_publish ON lesson (publish_at);
