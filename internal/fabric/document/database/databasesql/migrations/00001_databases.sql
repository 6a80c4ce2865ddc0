-- +goose Up
CREATE TABLE document_databases (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    collections TEXT NOT NULL,
    hash TEXT NOT NULL,
    former_hash TEXT NOT NULL,
    rotated_at BIGINT NOT NULL,
    UNIQUE (tenant, project, stage, name)
);
CREATE INDEX document_databases_hash ON document_databases (hash);
CREATE INDEX document_databases_former ON document_databases (former_hash);

-- +goose Down
DROP TABLE document_databases;
