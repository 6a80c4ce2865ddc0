-- +goose Up
ALTER TABLE config_tokens ADD COLUMN last_used_at TIMESTAMP;

-- +goose Down
ALTER TABLE config_tokens DROP COLUMN last_used_at;
