-- +goose Up
-- What a rule of an upstream gives is a row of its own, so that it ends without what
-- people gave.
CREATE TABLE identity_grants_next (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    role         TEXT NOT NULL,
    platform     BOOLEAN NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    elevation    TEXT NOT NULL,
    source       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   TIMESTAMP,
    UNIQUE (tenant, subject_id, platform, project, stage, role, elevation, source)
);
INSERT INTO identity_grants_next (id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, source, created_at, created_by, expires_at)
SELECT id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, '', created_at, created_by, expires_at FROM identity_grants;
DROP TABLE identity_grants;
ALTER TABLE identity_grants_next RENAME TO identity_grants;
CREATE INDEX identity_grants_id ON identity_grants (tenant, id);
CREATE INDEX identity_grants_node ON identity_grants (tenant, project, role);
CREATE INDEX identity_grants_source ON identity_grants (tenant, source);

-- +goose Down
CREATE TABLE identity_grants_next (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    role         TEXT NOT NULL,
    platform     BOOLEAN NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    elevation    TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   TIMESTAMP,
    UNIQUE (tenant, subject_id, platform, project, stage, role, elevation)
);
-- What a rule gave is not kept as if somebody had given it.
INSERT INTO identity_grants_next (id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, created_at, created_by, expires_at)
SELECT id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, created_at, created_by, expires_at FROM identity_grants WHERE source = '';
DROP TABLE identity_grants;
ALTER TABLE identity_grants_next RENAME TO identity_grants;
CREATE INDEX identity_grants_id ON identity_grants (tenant, id);
CREATE INDEX identity_grants_node ON identity_grants (tenant, project, role);
