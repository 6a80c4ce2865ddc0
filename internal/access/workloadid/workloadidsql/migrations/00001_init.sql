-- +goose Up
CREATE TABLE trust_rules (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    rule       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (tenant, name)
);
CREATE INDEX trust_rules_of ON trust_rules (issuer, tenant, name);
-- Tokens that were exchanged, by their hash, until they have expired.
CREATE TABLE trust_spent (
    token      TEXT NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX trust_spent_expires ON trust_spent (expires_at);

-- +goose Down
DROP TABLE trust_spent;
DROP TABLE trust_rules;
