-- +goose Up
CREATE TABLE gateway_policies (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    route      TEXT NOT NULL,
    spec       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE UNIQUE INDEX gateway_policies_place ON gateway_policies (tenant, project, stage, kind, route);
