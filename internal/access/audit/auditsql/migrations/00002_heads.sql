-- +goose Up
ALTER TABLE audit_entries ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_entries_actor ON audit_entries (tenant, actor_name, seq);
CREATE INDEX audit_entries_type ON audit_entries (tenant, type, seq);
CREATE INDEX audit_entries_request ON audit_entries (tenant, request_id, seq) WHERE request_id <> '';
CREATE TABLE audit_signed_heads (
    tenant    TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    at_micros BIGINT NOT NULL,
    previous  TEXT NOT NULL,
    key_id    TEXT NOT NULL,
    note      TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE TABLE audit_keys (
    number      BIGINT NOT NULL PRIMARY KEY,
    sealed      BYTEA NOT NULL,
    from_micros BIGINT NOT NULL,
    introduced  TEXT NOT NULL
);
-- A tenant is here for as long as its log is being removed.
CREATE TABLE audit_removals (
    tenant TEXT NOT NULL PRIMARY KEY
);

-- +goose Down
DROP TABLE audit_removals;
DROP TABLE audit_keys;
DROP TABLE audit_signed_heads;
DROP INDEX audit_entries_request;
DROP INDEX audit_entries_type;
DROP INDEX audit_entries_actor;
ALTER TABLE audit_entries DROP COLUMN outcome;
ALTER TABLE audit_entries DROP COLUMN address;
