CREATE INDEX handover_next ON handover (next_shift);
