-- +goose Up
-- What people prove who they are with. Of a passkey its public part is kept, of a one-time
-- password the secret, sealed for the tenant.
CREATE TABLE factor_factors (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    credential   TEXT NOT NULL UNIQUE,
    data         BYTEA NOT NULL,
    count        BIGINT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    suspect_at   TIMESTAMP
);
CREATE INDEX factor_factors_user ON factor_factors (tenant, user_id);
CREATE TABLE factor_codes (
    tenant  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash    TEXT NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (tenant, user_id, hash)
);
CREATE TABLE factor_tries (
    tenant  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    count   BIGINT NOT NULL,
    last_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, user_id)
);
-- Challenges that were answered, until they are too old by themselves.
CREATE TABLE factor_spent (
    id         TEXT NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX factor_spent_end ON factor_spent (expires_at);
CREATE TABLE factor_policies (
    tenant TEXT NOT NULL PRIMARY KEY,
    policy TEXT NOT NULL
);

-- +goose Down
DROP TABLE factor_policies;
DROP TABLE factor_spent;
DROP TABLE factor_tries;
DROP TABLE factor_codes;
DROP TABLE factor_factors;
