CREATE INDEX case_entry_at ON case_entry (at);
