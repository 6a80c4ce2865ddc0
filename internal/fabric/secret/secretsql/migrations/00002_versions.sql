-- +goose Up
ALTER TABLE secrets ADD COLUMN fields BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE secrets ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE secrets ADD COLUMN destroyed BOOLEAN NOT NULL DEFAULT FALSE;

-- What is said of a secret as a whole; secrets from before have no row until they change.
CREATE TABLE secret_metadata (
    tenant       TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    name         TEXT NOT NULL,
    current      BIGINT NOT NULL,
    cas_required BOOLEAN NOT NULL,
    max_versions BIGINT NOT NULL,
    delete_after BIGINT NOT NULL,
    custom       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    read_at      TIMESTAMP,
    read_by      TEXT NOT NULL DEFAULT '',
    read_version BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, project, stage, name)
);
