-- +goose Up
CREATE TABLE local_backups (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX local_backups_of ON local_backups (tenant, project, stage, kind, name, id);
CREATE INDEX local_backups_age ON local_backups (created_at);

-- +goose Down
DROP TABLE local_backups;
