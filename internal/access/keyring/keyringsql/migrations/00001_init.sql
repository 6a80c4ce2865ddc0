-- +goose Up
CREATE TABLE keyring_owner_keys (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    root         TEXT NOT NULL,
    wrapped      BYTEA NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    retired_at   TIMESTAMP,
    destroyed_at TIMESTAMP
);
-- An owner has one key that is not retired.
CREATE UNIQUE INDEX keyring_present ON keyring_owner_keys (owner) WHERE retired_at IS NULL;

CREATE TABLE keyring_data_keys (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    wrapped_by TEXT NOT NULL REFERENCES keyring_owner_keys (id),
    wrapped    BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX keyring_newest ON keyring_data_keys (owner, created_at);
CREATE INDEX keyring_wrapped_by ON keyring_data_keys (wrapped_by, id);

-- How far what was sealed before there were keys of tenants has moved to them.
CREATE TABLE keyring_moves (
    holding    TEXT PRIMARY KEY,
    root       TEXT NOT NULL,
    position   TEXT NOT NULL,
    looked     BIGINT NOT NULL,
    moved      BIGINT NOT NULL,
    finished   BOOLEAN NOT NULL,
    problem    TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- The process that wraps and moves at present.
CREATE TABLE keyring_round (
    one        BIGINT PRIMARY KEY,
    holder     TEXT NOT NULL,
    held_until TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE keyring_round;
DROP TABLE keyring_moves;
DROP TABLE keyring_data_keys;
DROP TABLE keyring_owner_keys;
