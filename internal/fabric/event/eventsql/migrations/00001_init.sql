-- +goose Up
CREATE TABLE event_outbox (
    id         TEXT PRIMARY KEY,
    tenant     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL
);
CREATE TABLE event_topics (
    tenant        TEXT NOT NULL,
    project       TEXT NOT NULL,
    stage         TEXT NOT NULL,
    name          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    retention     BIGINT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
