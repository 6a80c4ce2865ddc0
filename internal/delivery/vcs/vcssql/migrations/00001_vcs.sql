-- +goose Up
CREATE TABLE vcs_repositories (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    sealed BYTEA,
    UNIQUE (tenant, project, name)
);

CREATE TABLE vcs_bindings (
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (repository, name)
);

CREATE TABLE vcs_pushes (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE vcs_pulls (
    repository TEXT NOT NULL,
    number BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    due_at TIMESTAMP,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE INDEX vcs_pulls_due ON vcs_pulls (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX vcs_pulls_open ON vcs_pulls (repository, source) WHERE state = 'open';

CREATE TABLE vcs_checks (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    told TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX vcs_checks_of_pull ON vcs_checks (repository, number, id);
CREATE INDEX vcs_checks_pending ON vcs_checks (tenant) WHERE state = 'pending';

CREATE TABLE vcs_comments (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX vcs_comments_of_pull ON vcs_comments (repository, number, id);

CREATE TABLE vcs_statuses (
    repository TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    context TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (repository, commit_id, context)
);

CREATE TABLE vcs_deliveries (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    delivery_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    event TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    attempts BIGINT NOT NULL,
    problem TEXT NOT NULL,
    done BOOLEAN NOT NULL,
    due_at TIMESTAMP NOT NULL,
    UNIQUE (repository, delivery_key),
    UNIQUE (repository, digest)
);
CREATE INDEX vcs_deliveries_waiting ON vcs_deliveries (due_at, id) WHERE NOT done;
CREATE INDEX vcs_deliveries_old ON vcs_deliveries (received_at) WHERE done;

-- +goose Down
DROP TABLE vcs_deliveries;
DROP TABLE vcs_statuses;
DROP TABLE vcs_comments;
DROP TABLE vcs_checks;
DROP TABLE vcs_pulls;
DROP TABLE vcs_pushes;
DROP TABLE vcs_bindings;
DROP TABLE vcs_repositories;
