-- +goose Up
ALTER TABLE config_tokens ADD COLUMN stage TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE config_tokens DROP COLUMN stage;
