-- +goose Up
CREATE TABLE state_stacks (
    stack      TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    current    TEXT NOT NULL,
    lock_id    TEXT NOT NULL,
    lock_info  TEXT NOT NULL,
    lock_run   TEXT NOT NULL,
    lock_fence BIGINT NOT NULL
);
CREATE TABLE state_versions (
    id         TEXT PRIMARY KEY,
    stack      TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    serial     BIGINT NOT NULL,
    lineage    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    run        TEXT NOT NULL,
    fence      BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX state_versions_stack ON state_versions (stack, id);

-- +goose Down
DROP TABLE state_versions;
DROP TABLE state_stacks;
