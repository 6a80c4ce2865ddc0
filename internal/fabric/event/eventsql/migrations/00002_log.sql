-- +goose Up
ALTER TABLE event_outbox RENAME COLUMN subject TO fact;
UPDATE event_outbox SET fact = substr(fact, length('terrace.' || tenant || '.') + 1);

CREATE TABLE event_log (
    position  BIGINT PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    tenant    TEXT NOT NULL,
    fact      TEXT NOT NULL,
    placed_at TIMESTAMP NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX event_log_tenant ON event_log (tenant, position);
CREATE INDEX event_log_fact ON event_log (tenant, fact, position);
CREATE INDEX event_log_old ON event_log (placed_at);

CREATE TABLE event_head (
    id       BIGINT PRIMARY KEY,
    position BIGINT NOT NULL
);
INSERT INTO event_head (id, position) VALUES (1, 0);
