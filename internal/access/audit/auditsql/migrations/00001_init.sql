-- +goose Up
CREATE TABLE audit_heads (
    tenant TEXT NOT NULL PRIMARY KEY,
    seq    BIGINT NOT NULL,
    hash   TEXT NOT NULL
);
CREATE TABLE audit_entries (
    tenant     TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    at_micros  BIGINT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    request_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    subject    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    data       TEXT NOT NULL,
    prev       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE INDEX audit_entries_project ON audit_entries (tenant, project, seq);
CREATE INDEX audit_entries_subject ON audit_entries (tenant, subject, seq);

-- +goose Down
DROP TABLE audit_entries;
DROP TABLE audit_heads;
