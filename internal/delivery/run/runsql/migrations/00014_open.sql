-- +goose Up
-- Who asks for the runs of a stack names the project, too: by that alone SQLite would look
-- through all runs that the project ever had.
DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (stack, tenant, project, id) WHERE NOT ended;

-- +goose Down
DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (stack, id) WHERE NOT ended;
