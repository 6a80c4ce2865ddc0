-- +goose Up
ALTER TABLE runs ADD COLUMN release_id TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_of_release ON runs (tenant, project, workload, stage, release_id);

CREATE TABLE run_release_approvals (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    workload TEXT NOT NULL,
    stage TEXT NOT NULL,
    release_id TEXT NOT NULL,
    release_number BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, project, workload, stage, release_id)
);

CREATE TABLE run_promotions (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    workload TEXT NOT NULL,
    stage TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, workload, stage)
);
CREATE INDEX run_promotions_due ON run_promotions (due);

-- +goose Down
DROP TABLE run_promotions;
DROP TABLE run_release_approvals;
DROP INDEX runs_of_release;
ALTER TABLE runs DROP COLUMN release_id;
