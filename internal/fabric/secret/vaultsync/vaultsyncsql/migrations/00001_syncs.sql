-- +goose Up
CREATE TABLE secret_syncs (
    tenant        TEXT NOT NULL,
    project       TEXT NOT NULL,
    stage         TEXT NOT NULL,
    round_at      TIMESTAMP NOT NULL,
    blocked_until TIMESTAMP,
    holder        TEXT NOT NULL DEFAULT '',
    held_until    TIMESTAMP,
    fence         BIGINT NOT NULL,
    asked_at      TIMESTAMP NOT NULL,
    body          TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage)
);

CREATE TABLE secret_sync_items (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    stage   TEXT NOT NULL,
    name    TEXT NOT NULL,
    state   TEXT NOT NULL,
    due_at  TIMESTAMP,
    touched BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE INDEX secret_sync_items_due ON secret_sync_items (tenant, project, stage, due_at) WHERE due_at IS NOT NULL;

-- +goose Down
DROP TABLE secret_sync_items;
DROP TABLE secret_syncs;
