-- +goose Up
CREATE TABLE run_verifications (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    run TEXT NOT NULL,
    ended BOOLEAN NOT NULL,
    routine BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX run_verifications_of_workload ON run_verifications (tenant, project, workload, stage, id);
CREATE INDEX run_verifications_of_run ON run_verifications (tenant, project, run, id);
CREATE INDEX run_verifications_open ON run_verifications (id) WHERE NOT ended;

ALTER TABLE run_deployments ADD COLUMN verify_due TIMESTAMP;
CREATE INDEX run_deployments_to_verify ON run_deployments (stage, verify_due);

ALTER TABLE run_verified ADD COLUMN last_at TIMESTAMP;

-- +goose Down
ALTER TABLE run_verified DROP COLUMN last_at;
DROP INDEX run_deployments_to_verify;
ALTER TABLE run_deployments DROP COLUMN verify_due;
DROP TABLE run_verifications;
