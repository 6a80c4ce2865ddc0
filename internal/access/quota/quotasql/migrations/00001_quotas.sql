-- +goose Up
CREATE TABLE quota_settings (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    name    TEXT NOT NULL,
    bound   BIGINT NOT NULL,
    set_by  TEXT NOT NULL,
    set_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, name)
);
-- Who brings something that is bounded holds the row of its tenant until the end of the
-- transaction, so that who counts next sees it.
CREATE TABLE quota_turns (
    tenant TEXT NOT NULL PRIMARY KEY,
    turn   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE quota_turns;
DROP TABLE quota_settings;
