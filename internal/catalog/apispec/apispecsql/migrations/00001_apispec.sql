-- +goose Up
CREATE TABLE apispec_revisions (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    api     TEXT NOT NULL,
    version TEXT NOT NULL,
    number  BIGINT NOT NULL,
    digest  TEXT NOT NULL,
    source  TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (tenant, project, api, version, number)
);
CREATE TABLE apispec_standings (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    api      TEXT NOT NULL,
    version  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (tenant, project, api, version, stage)
);
CREATE TABLE apispec_turn (
    id   BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO apispec_turn (id, turn) VALUES (1, 1);
CREATE TABLE apispec_overrides (
    tenant        TEXT NOT NULL,
    project       TEXT NOT NULL,
    id            TEXT NOT NULL,
    api           TEXT NOT NULL,
    version       TEXT NOT NULL,
    stage         TEXT NOT NULL,
    from_revision BIGINT NOT NULL,
    to_revision   BIGINT NOT NULL,
    approved      BOOLEAN NOT NULL,
    body          TEXT NOT NULL,
    PRIMARY KEY (tenant, project, id)
);
CREATE TABLE apispec_guides (
    tenant TEXT PRIMARY KEY,
    source TEXT NOT NULL
);
CREATE TABLE apispec_calls (
    tenant    TEXT NOT NULL,
    project   TEXT NOT NULL,
    api       TEXT NOT NULL,
    version   TEXT NOT NULL,
    stage     TEXT NOT NULL,
    operation TEXT NOT NULL,
    consumer  TEXT NOT NULL,
    day       TEXT NOT NULL,
    calls     BIGINT NOT NULL,
    errors    BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, api, version, stage, operation, consumer, day)
);
CREATE INDEX apispec_calls_day ON apispec_calls (day);

-- +goose Down
DROP TABLE apispec_calls;
DROP TABLE apispec_guides;
DROP TABLE apispec_overrides;
DROP TABLE apispec_turn;
DROP TABLE apispec_standings;
DROP TABLE apispec_revisions;
