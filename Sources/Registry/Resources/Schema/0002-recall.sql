CREATE TABLE registry_recall (
    export BIGINT NOT NULL,
    record BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (export, record)
);
CREATE INDEX registry_export_category ON registry_export (category, at);
