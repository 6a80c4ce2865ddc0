-- +goose Up
-- The parts of the logs of runs that are among the blobs, and those that were.
CREATE TABLE run_logs (
    run TEXT NOT NULL,
    part TEXT NOT NULL,
    tenant TEXT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    size BIGINT NOT NULL,
    removed_at TIMESTAMP,
    PRIMARY KEY (run, part)
);
CREATE INDEX run_logs_kept ON run_logs (last_at) WHERE removed_at IS NULL;

-- +goose Down
DROP TABLE run_logs;
