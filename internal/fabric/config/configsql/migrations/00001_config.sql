-- +goose Up
CREATE TABLE config_sources (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    repository_project TEXT NOT NULL,
    repository TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    cause TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    holder TEXT NOT NULL,
    held_until TIMESTAMP NOT NULL,
    UNIQUE (tenant, project)
);
CREATE INDEX config_sources_due ON config_sources (due);

CREATE TABLE config_revisions (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    tree TEXT NOT NULL,
    body TEXT NOT NULL,
    files TEXT NOT NULL,
    PRIMARY KEY (tenant, project, id)
);

CREATE TABLE config_tokens (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
);
CREATE INDEX config_tokens_of ON config_tokens (tenant, project, id);

-- +goose Down
DROP TABLE config_tokens;
DROP TABLE config_revisions;
DROP TABLE config_sources;
