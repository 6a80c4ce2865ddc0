-- +goose Up
CREATE TABLE gateway_hosts (
    host    TEXT PRIMARY KEY,
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    stage   TEXT NOT NULL
);
CREATE TABLE gateway_routes (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    host       TEXT NOT NULL,
    path       TEXT NOT NULL,
    service    TEXT NOT NULL,
    port       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE UNIQUE INDEX gateway_routes_place ON gateway_routes (host, path);
CREATE TABLE gateway_revision (
    id       BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO gateway_revision (id, revision) VALUES (1, 0);
