-- +goose Up
ALTER TABLE sources ADD COLUMN again TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sources DROP COLUMN again;
