-- +goose Up
-- The newest run of a workload in a stage that is no dry run is the last one here.
CREATE INDEX runs_newest ON runs (tenant, project, workload, stage, id) WHERE NOT dry;

-- +goose Down
DROP INDEX runs_newest;
