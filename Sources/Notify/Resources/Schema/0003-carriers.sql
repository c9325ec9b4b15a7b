ALTER TABLE message ADD COLUMN carrier TEXT;
ALTER TABLE escalation ADD COLUMN hurried_step BIGINT NOT NULL DEFAULT -1;
CREATE TABLE carrier_try (
    id BIGINT PRIMARY KEY,
    carrier TEXT NOT NULL,
    channel TEXT NOT NULL,
    phone TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    took_ms BIGINT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    provider_id TEXT,
    fen BIGINT NOT NULL
);
CREATE INDEX carrier_try_callee ON carrier_try (phone, channel, at);
CREATE INDEX carrier_try_at ON carrier_try (at, carrier);
CREATE INDEX carrier_try_provider ON carrier_try (provider_id, carrier);
CREATE INDEX carrier_try_message ON carrier_try (message_id, id);
