-- +goose Up
CREATE TABLE module_versions (
    tenant       TEXT NOT NULL,
    namespace    TEXT NOT NULL,
    name         TEXT NOT NULL,
    system       TEXT NOT NULL,
    version      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    archive      TEXT NOT NULL,
    size         BIGINT NOT NULL,
    inputs       TEXT NOT NULL,
    outputs      TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, namespace, name, system, version)
);
CREATE TABLE module_definitions (
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    source     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE TABLE module_claims (
    tenant     TEXT NOT NULL,
    type       TEXT NOT NULL,
    criterion  TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (tenant, type, criterion)
);
CREATE INDEX module_claims_definition ON module_claims (tenant, definition);
CREATE TABLE module_shipped (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
);

-- +goose Down
DROP TABLE module_shipped;
DROP TABLE module_claims;
DROP TABLE module_definitions;
DROP TABLE module_versions;
