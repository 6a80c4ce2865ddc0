-- +goose Up
CREATE TABLE local_objects (
    tenant     TEXT      NOT NULL,
    project    TEXT      NOT NULL,
    stage      TEXT      NOT NULL,
    kind       TEXT      NOT NULL,
    name       TEXT      NOT NULL,
    spec       TEXT      NOT NULL,
    outputs    TEXT      NOT NULL,
    revision   BIGINT    NOT NULL,
    owners     TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, kind, name)
);
