-- +goose Up
CREATE TABLE topic_bridges (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    name       TEXT NOT NULL,
    target     TEXT NOT NULL,
    holder     TEXT NOT NULL DEFAULT '',
    held_until TIMESTAMP,
    passed     BIGINT NOT NULL DEFAULT 0,
    skipped    BIGINT NOT NULL DEFAULT 0,
    rejected   BIGINT NOT NULL DEFAULT 0,
    failures   BIGINT NOT NULL DEFAULT 0,
    problem    TEXT NOT NULL DEFAULT '',
    seen_at    TIMESTAMP,
    revision   BIGINT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, topic, name)
);
