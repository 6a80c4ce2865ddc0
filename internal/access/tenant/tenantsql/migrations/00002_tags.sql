-- +goose Up
CREATE TABLE tag_settings (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (tenant, project)
);

-- +goose Down
DROP TABLE tag_settings;
