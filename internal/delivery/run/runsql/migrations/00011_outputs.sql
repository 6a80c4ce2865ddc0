-- +goose Up
ALTER TABLE runs ADD COLUMN operation TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN follows TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_following ON runs (tenant, stage) WHERE NOT ended AND follows <> '';

ALTER TABLE run_deployments ADD COLUMN takes TEXT NOT NULL DEFAULT '';
CREATE INDEX run_deployments_taking ON run_deployments (tenant, stage) WHERE takes <> '';

-- +goose Down
DROP INDEX run_deployments_taking;
ALTER TABLE run_deployments DROP COLUMN takes;
DROP INDEX runs_following;
ALTER TABLE runs DROP COLUMN follows;
ALTER TABLE runs DROP COLUMN operation;
