-- +goose Up
-- Limits of which it was told that they are nearly used up, until less is used.
CREATE TABLE quota_told (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    name    TEXT NOT NULL,
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, name)
);

-- +goose Down
DROP TABLE quota_told;
