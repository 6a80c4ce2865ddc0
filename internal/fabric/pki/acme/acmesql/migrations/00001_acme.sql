-- +goose Up
CREATE TABLE acme_keys (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL PRIMARY KEY,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    over_at    TIMESTAMP,
    revision   BIGINT NOT NULL,
    body       TEXT NOT NULL,
    sealed     BYTEA
);
CREATE INDEX acme_keys_tenant ON acme_keys (tenant, id);
CREATE TABLE acme_accounts (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL PRIMARY KEY,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    thumbprint   TEXT NOT NULL,
    external_key TEXT NOT NULL,
    status       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    revision     BIGINT NOT NULL,
    body         TEXT NOT NULL
);
CREATE UNIQUE INDEX acme_accounts_thumbprint ON acme_accounts (thumbprint);
CREATE INDEX acme_accounts_external_key ON acme_accounts (external_key, created_at);
CREATE INDEX acme_accounts_tenant ON acme_accounts (tenant);
CREATE TABLE acme_orders (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL PRIMARY KEY,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    account    TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revision   BIGINT NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX acme_orders_account ON acme_orders (account, created_at);
CREATE INDEX acme_orders_expires_at ON acme_orders (expires_at);
CREATE INDEX acme_orders_tenant ON acme_orders (tenant);
CREATE TABLE acme_authorizations (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL PRIMARY KEY,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    account    TEXT NOT NULL,
    order_id   TEXT NOT NULL,
    status     TEXT NOT NULL,
    name       TEXT NOT NULL,
    wildcard   BOOLEAN NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    due_at     TIMESTAMP,
    revision   BIGINT NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX acme_authorizations_order ON acme_authorizations (order_id);
CREATE INDEX acme_authorizations_due_at ON acme_authorizations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX acme_authorizations_account ON acme_authorizations (account, name);
CREATE INDEX acme_authorizations_expires_at ON acme_authorizations (expires_at);
CREATE INDEX acme_authorizations_tenant ON acme_authorizations (tenant);
CREATE TABLE acme_certificates (
    tenant    TEXT NOT NULL,
    serial    TEXT NOT NULL PRIMARY KEY,
    project   TEXT NOT NULL,
    stage     TEXT NOT NULL,
    account   TEXT NOT NULL,
    not_after TIMESTAMP NOT NULL,
    revision  BIGINT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX acme_certificates_not_after ON acme_certificates (not_after);
CREATE INDEX acme_certificates_account ON acme_certificates (account);
CREATE INDEX acme_certificates_tenant ON acme_certificates (tenant);
CREATE TABLE acme_nonces (
    nonce      TEXT NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX acme_nonces_expires_at ON acme_nonces (expires_at);

-- +goose Down
DROP TABLE acme_nonces;
DROP TABLE acme_certificates;
DROP TABLE acme_authorizations;
DROP TABLE acme_orders;
DROP TABLE acme_accounts;
DROP TABLE acme_keys;
