-- +goose Up
CREATE TABLE dns_names (
    name    TEXT PRIMARY KEY,
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    stage   TEXT NOT NULL
);
CREATE TABLE dns_records (
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    ttl        BIGINT NOT NULL,
    data       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (name, type)
);
CREATE INDEX dns_records_scope ON dns_records (tenant, project, stage, name, type);
CREATE TABLE dns_revision (
    id       BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO dns_revision (id, revision) VALUES (1, 0);
