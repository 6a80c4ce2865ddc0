-- +goose Up
CREATE TABLE identity_users (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    password   TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (tenant, name)
);
CREATE TABLE identity_tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES identity_users (id),
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL UNIQUE,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    last_used_at TIMESTAMP
);
CREATE INDEX identity_tokens_user ON identity_tokens (tenant, user_id, id);
CREATE TABLE identity_memberships (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES identity_users (id),
    role    TEXT NOT NULL,
    PRIMARY KEY (tenant, project, user_id)
);
CREATE INDEX identity_memberships_user ON identity_memberships (tenant, user_id);
CREATE TABLE identity_claims (
    tenant     TEXT NOT NULL PRIMARY KEY,
    claimed_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE identity_claims;
DROP TABLE identity_memberships;
DROP TABLE identity_tokens;
DROP TABLE identity_users;
