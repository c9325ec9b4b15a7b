-- Which node called and which spoke: what another one left open is none of a node's business when it starts.
ALTER TABLE watch_call ADD COLUMN home TEXT NOT NULL DEFAULT '';
ALTER TABLE watch_voice ADD COLUMN home TEXT NOT NULL DEFAULT '';
