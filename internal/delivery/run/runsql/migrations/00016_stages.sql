-- +goose Up
-- A list that is narrowed to stages passes over no run of others.
CREATE INDEX runs_of_stage ON runs (tenant, project, stage, id);

-- +goose Down
DROP INDEX runs_of_stage;
