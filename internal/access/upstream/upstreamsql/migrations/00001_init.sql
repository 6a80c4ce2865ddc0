-- +goose Up
CREATE TABLE upstream_upstreams (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    place      BIGINT NOT NULL,
    settings   TEXT NOT NULL,
    secret     BYTEA NOT NULL,
    rules      TEXT NOT NULL,
    rules_text TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    revision   BIGINT NOT NULL,
    UNIQUE (tenant, name)
);
-- Whose addresses are of which domain, to find a tenant by.
CREATE TABLE upstream_domains (
    upstream TEXT NOT NULL REFERENCES upstream_upstreams (id),
    tenant   TEXT NOT NULL,
    domain   TEXT NOT NULL,
    PRIMARY KEY (upstream, domain)
);
CREATE INDEX upstream_domains_domain ON upstream_domains (domain);
CREATE TABLE upstream_links (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    upstream   TEXT NOT NULL REFERENCES upstream_upstreams (id),
    user_id    TEXT NOT NULL,
    subject    TEXT NOT NULL,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    verified   BOOLEAN NOT NULL,
    linked_by  TEXT NOT NULL,
    linked_at  TIMESTAMP NOT NULL,
    last_used  TIMESTAMP NOT NULL,
    last_given TEXT NOT NULL,
    UNIQUE (upstream, subject)
);
CREATE INDEX upstream_links_user ON upstream_links (tenant, user_id, id);
CREATE TABLE upstream_sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    link       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    sid        TEXT NOT NULL,
    id_token   BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX upstream_sessions_upstream ON upstream_sessions (upstream, subject);
CREATE INDEX upstream_sessions_end ON upstream_sessions (expires_at);
-- Words that are good once: states and logout tokens, by their hash.
CREATE TABLE upstream_spent (
    word       TEXT NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX upstream_spent_end ON upstream_spent (expires_at);

-- +goose Down
DROP TABLE upstream_spent;
DROP TABLE upstream_sessions;
DROP TABLE upstream_links;
DROP TABLE upstream_domains;
DROP TABLE upstream_upstreams;
