-- +goose Up
CREATE TABLE apispec_carried (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    run      TEXT NOT NULL,
    release  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    api      TEXT NOT NULL,
    version  TEXT NOT NULL,
    revision BIGINT NOT NULL,
    back     BOOLEAN NOT NULL,
    arrived  BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, project, run, api, version)
);
CREATE INDEX apispec_carried_release ON apispec_carried (tenant, project, api, version, release);

-- +goose Down
DROP TABLE apispec_carried;
