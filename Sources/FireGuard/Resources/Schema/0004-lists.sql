-- The list of inspections goes by the day they are due.
CREATE INDEX inspection_by_due ON inspection (due_at, id);
