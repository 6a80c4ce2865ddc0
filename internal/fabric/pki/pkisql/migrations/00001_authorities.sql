-- +goose Up
CREATE TABLE pki_authorities (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    generation BIGINT NOT NULL,
    state      TEXT NOT NULL,
    parent     TEXT NOT NULL,
    zones      TEXT NOT NULL,
    cert       TEXT NOT NULL,
    above      TEXT NOT NULL,
    crosses    TEXT NOT NULL,
    sealed     BYTEA,
    created_at BIGINT NOT NULL,
    signs_at   BIGINT NOT NULL,
    ceased_at  BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    told       BIGINT NOT NULL,
    UNIQUE (kind, generation)
);
CREATE TABLE pki_turn (
    id   BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO pki_turn (id, turn) VALUES (1, 1);
CREATE TABLE pki_lists (
    issuer      TEXT PRIMARY KEY,
    number      BIGINT NOT NULL,
    turn        BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    der         BYTEA NOT NULL
);
-- Times are milliseconds of Unix, so that pages go by them in one order on both databases.
CREATE TABLE pki_certificates (
    id           TEXT PRIMARY KEY,
    serial       TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    holder       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    names        TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    issuer_name  TEXT NOT NULL,
    profile      TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    not_before   BIGINT NOT NULL,
    not_after    BIGINT NOT NULL,
    issued_at    BIGINT NOT NULL,
    renewed_from TEXT NOT NULL,
    renewed_by   TEXT NOT NULL,
    revoked_at   BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    revoked_by   TEXT NOT NULL,
    told         BIGINT NOT NULL,
    der          BYTEA NOT NULL
);
CREATE INDEX pki_certificates_end ON pki_certificates (tenant, not_after, id);
CREATE INDEX pki_certificates_project ON pki_certificates (tenant, project, not_after, id);
CREATE INDEX pki_certificates_kind ON pki_certificates (tenant, kind, not_after, id);
CREATE INDEX pki_certificates_holder ON pki_certificates (tenant, holder);
CREATE INDEX pki_certificates_subject ON pki_certificates (tenant, subject);
CREATE INDEX pki_certificates_issuer ON pki_certificates (issuer, not_after, id);
CREATE INDEX pki_certificates_revoked ON pki_certificates (tenant, not_after, id) WHERE revoked_at > 0;
CREATE INDEX pki_certificates_lists ON pki_certificates (issuer, not_after, id) WHERE revoked_at > 0;
CREATE INDEX pki_certificates_told ON pki_certificates (not_after) WHERE told < 4;
CREATE INDEX pki_certificates_over ON pki_certificates (not_after);

-- +goose Down
DROP TABLE pki_certificates;
DROP TABLE pki_lists;
DROP TABLE pki_turn;
DROP TABLE pki_authorities;
