-- +goose Up
CREATE TABLE gateway_products (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    spec       TEXT NOT NULL,
    owner      TEXT NOT NULL DEFAULT '',
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE INDEX gateway_products_owner ON gateway_products (tenant, owner);
