-- +goose Up
CREATE TABLE secrets (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    version    BIGINT NOT NULL,
    generated  BOOLEAN NOT NULL,
    length     BIGINT NOT NULL,
    sealed     BYTEA NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name, version)
);
