-- +goose Up
CREATE TABLE topic_attempts (
    tenant       TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    topic        TEXT NOT NULL,
    subscription TEXT NOT NULL,
    dead         BOOLEAN NOT NULL,
    part         BIGINT NOT NULL,
    place        BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    kept_at      TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, topic, subscription, dead, part, place)
);
-- How far dead letters are delivered again is kept for each partition.
ALTER TABLE topic_subscriptions ADD COLUMN redrive_ends TEXT NOT NULL DEFAULT '[]';
UPDATE topic_subscriptions SET redrive_ends = '[' || CAST(redrive AS TEXT) || ']' WHERE redrive > 0;
ALTER TABLE topic_subscriptions DROP COLUMN redrive;
