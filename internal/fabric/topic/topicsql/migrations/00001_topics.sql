-- +goose Up
CREATE TABLE topics (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    managed    BOOLEAN NOT NULL,
    revision   BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE TABLE topic_schemas (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    type       TEXT NOT NULL,
    version    BIGINT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, topic, type, version)
);
CREATE TABLE topic_grants (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    name       TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    ends_at    TIMESTAMP,
    body       TEXT NOT NULL,
    hashes     TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, topic, name)
);
CREATE INDEX topic_grants_ends_at ON topic_grants (ends_at) WHERE ends_at IS NOT NULL;
CREATE TABLE topic_subscriptions (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    topic      TEXT NOT NULL,
    name       TEXT NOT NULL,
    mode       TEXT NOT NULL,
    status     TEXT NOT NULL,
    redrive    BIGINT NOT NULL,
    holder     TEXT NOT NULL DEFAULT '',
    held_until TIMESTAMP,
    revision   BIGINT NOT NULL,
    body       TEXT NOT NULL,
    sealed     BYTEA,
    PRIMARY KEY (tenant, project, stage, topic, name)
);
