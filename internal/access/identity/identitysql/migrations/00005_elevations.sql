-- +goose Up
CREATE TABLE identity_elevations (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES identity_users (id),
    user_name    TEXT NOT NULL,
    role         TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    seconds      BIGINT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided      TEXT NOT NULL,
    word         TEXT NOT NULL,
    decided_at   TIMESTAMP,
    approved     BOOLEAN NOT NULL,
    grant_id     TEXT NOT NULL,
    expires_at   TIMESTAMP,
    ender        TEXT NOT NULL,
    ended_at     TIMESTAMP
);
CREATE INDEX identity_elevations_id ON identity_elevations (tenant, id);
CREATE TABLE identity_elevation_rules (
    tenant       TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    users        TEXT NOT NULL,
    groups_named TEXT NOT NULL,
    seconds      BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage)
);

-- +goose Down
DROP TABLE identity_elevation_rules;
DROP TABLE identity_elevations;
