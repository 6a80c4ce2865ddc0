-- +goose Up
-- How often the keys, and the sessions that ended, have changed: what a replica has in
-- memory is right as long as the number is the same.
CREATE TABLE provider_revision (
    name     TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
CREATE TABLE provider_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    algorithm  TEXT NOT NULL,
    number     BIGINT NOT NULL,
    sealed     BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    signs_from TIMESTAMP NOT NULL,
    until      TIMESTAMP,
    UNIQUE (algorithm, number)
);
CREATE TABLE provider_clients (
    id               TEXT NOT NULL PRIMARY KEY,
    tenant           TEXT NOT NULL,
    name             TEXT NOT NULL,
    public           BOOLEAN NOT NULL,
    secret           TEXT NOT NULL,
    redirects        TEXT NOT NULL,
    logout_redirects TEXT NOT NULL,
    grants           TEXT NOT NULL,
    scopes           TEXT NOT NULL,
    audiences        TEXT NOT NULL,
    algorithm        TEXT NOT NULL,
    created_at       TIMESTAMP NOT NULL,
    UNIQUE (tenant, name)
);
CREATE TABLE provider_sign_ins (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    methods    TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at   TIMESTAMP
);
CREATE INDEX provider_sign_ins_end ON provider_sign_ins (expires_at);
CREATE TABLE provider_sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    client     TEXT NOT NULL,
    sign_in    TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at   TIMESTAMP,
    why        TEXT NOT NULL
);
CREATE INDEX provider_sessions_sign_in ON provider_sessions (sign_in);
CREATE INDEX provider_sessions_client ON provider_sessions (client);
CREATE INDEX provider_sessions_ended ON provider_sessions (ended_at);
CREATE INDEX provider_sessions_end ON provider_sessions (expires_at);
CREATE TABLE provider_requests (
    kind       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    session    TEXT NOT NULL,
    body       TEXT NOT NULL,
    spent      BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, hash)
);
CREATE INDEX provider_requests_end ON provider_requests (expires_at);
CREATE TABLE provider_consents (
    tenant  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client  TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    at      TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, user_id, client)
);
CREATE TABLE provider_devices (
    hash       TEXT NOT NULL PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    client     TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    audiences  TEXT NOT NULL,
    status     TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    methods    TEXT NOT NULL,
    auth_time  TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    polled_at  TIMESTAMP,
    wait       BIGINT NOT NULL
);
CREATE INDEX provider_devices_end ON provider_devices (expires_at);

-- +goose Down
DROP TABLE provider_devices;
DROP TABLE provider_consents;
DROP TABLE provider_requests;
DROP TABLE provider_sessions;
DROP TABLE provider_sign_ins;
DROP TABLE provider_clients;
DROP TABLE provider_keys;
DROP TABLE provider_revision;
