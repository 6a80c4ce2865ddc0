-- +goose Up
CREATE TABLE gateway_products (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    spec       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
