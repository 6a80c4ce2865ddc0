-- +goose Up
CREATE TABLE fleet_runners (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (tenant, name)
);

CREATE TABLE fleet_assignments (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    stack TEXT NOT NULL,
    run TEXT NOT NULL,
    fence BIGINT NOT NULL,
    state TEXT NOT NULL,
    runner_name TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX fleet_assignments_open ON fleet_assignments (tenant, state, id) WHERE state IN ('offered', 'taken');
CREATE INDEX fleet_assignments_of_run ON fleet_assignments (run, fence, id);
CREATE INDEX fleet_assignments_of_stack ON fleet_assignments (tenant, runner_name, stack);

-- +goose Down
DROP TABLE fleet_assignments;
DROP TABLE fleet_runners;
