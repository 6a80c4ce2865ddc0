-- +goose Up
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    stack TEXT NOT NULL,
    status TEXT NOT NULL,
    ended BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX runs_of_project ON runs (tenant, project, id);
CREATE INDEX runs_of_workload ON runs (tenant, project, workload, stage, id);
CREATE INDEX runs_open ON runs (stack, id) WHERE NOT ended;

CREATE TABLE run_dossiers (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    run TEXT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, project, run, digest)
);

CREATE TABLE run_stacks (
    stack TEXT PRIMARY KEY,
    fence BIGINT NOT NULL,
    run TEXT NOT NULL,
    node TEXT NOT NULL,
    process TEXT NOT NULL,
    expires TIMESTAMP NOT NULL
);

CREATE TABLE run_deployments (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    workload TEXT NOT NULL,
    stage TEXT NOT NULL,
    release_id TEXT NOT NULL,
    run TEXT NOT NULL,
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, project, workload, stage)
);

CREATE TABLE run_verified (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    workload TEXT NOT NULL,
    stage TEXT NOT NULL,
    release_id TEXT NOT NULL,
    release_number BIGINT NOT NULL,
    release_version TEXT NOT NULL,
    run TEXT NOT NULL,
    verified_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, workload, stage, release_id)
);

-- +goose Down
DROP TABLE run_verified;
DROP TABLE run_deployments;
DROP TABLE run_stacks;
DROP TABLE run_dossiers;
DROP TABLE runs;
