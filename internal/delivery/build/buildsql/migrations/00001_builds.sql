-- +goose Up
CREATE TABLE builds (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    tree TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    holder TEXT NOT NULL,
    held_until TIMESTAMP NOT NULL,
    fence BIGINT NOT NULL,
    UNIQUE (tenant, project, tree)
);
CREATE INDEX builds_waiting ON builds (asked_at, id) WHERE state IN ('queued', 'building');

-- +goose Down
DROP TABLE builds;
