-- +goose Up
-- Topics that were deleted, and are to be removed from their brokers still.
CREATE TABLE topic_removals (
    id         TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    broker     TEXT NOT NULL,
    home       TEXT NOT NULL,
    since      TIMESTAMP NOT NULL,
    held_until TIMESTAMP NOT NULL,
    next_at    TIMESTAMP NOT NULL,
    attempts   BIGINT NOT NULL
);
CREATE INDEX topic_removals_tenant ON topic_removals (tenant);
CREATE INDEX topic_removals_next_at ON topic_removals (next_at);
