-- +goose Up
ALTER TABLE runs ADD COLUMN held_until TIMESTAMP;

CREATE TABLE run_queue (
    id BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO run_queue (id, turn) VALUES (1, 0);

CREATE TABLE run_tenants (
    tenant TEXT PRIMARY KEY,
    served BIGINT NOT NULL
);

CREATE INDEX runs_waiting ON runs (stack, status, id) WHERE NOT ended;

-- +goose Down
DROP INDEX runs_waiting;
DROP TABLE run_tenants;
DROP TABLE run_queue;
ALTER TABLE runs DROP COLUMN held_until;
