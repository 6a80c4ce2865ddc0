-- +goose Up
CREATE TABLE dns_objects (
    tenant  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    project TEXT NOT NULL,
    body    TEXT NOT NULL,
    sealed  BYTEA,
    PRIMARY KEY (tenant, kind, name)
);
CREATE TABLE dns_sets (
    tenant     TEXT NOT NULL,
    zone       TEXT NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    network    TEXT NOT NULL,
    endpoint   TEXT NOT NULL,
    ttl        BIGINT NOT NULL,
    data       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, zone, name, type, network)
);
-- The serial of the platform's own zone; 1 counts all changes.
INSERT INTO dns_revision (id, revision) SELECT 2, revision FROM dns_revision WHERE id = 1;

-- +goose Down
DELETE FROM dns_revision WHERE id = 2;
DROP TABLE dns_sets;
DROP TABLE dns_objects;
