-- +goose Up
CREATE TABLE vault_certificates (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    name     TEXT NOT NULL,
    due_at   TIMESTAMP NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE INDEX vault_certificates_due ON vault_certificates (due_at);

-- +goose Down
DROP TABLE vault_certificates;
