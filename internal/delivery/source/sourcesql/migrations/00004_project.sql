-- +goose Up
ALTER TABLE sources ADD COLUMN project TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sources DROP COLUMN project;
