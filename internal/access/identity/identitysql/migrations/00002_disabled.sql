-- +goose Up
ALTER TABLE identity_users ADD COLUMN disabled_at TIMESTAMP;

-- +goose Down
ALTER TABLE identity_users DROP COLUMN disabled_at;
