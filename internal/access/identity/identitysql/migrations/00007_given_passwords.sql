-- +goose Up
ALTER TABLE identity_users ADD COLUMN password_given BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE identity_users DROP COLUMN password_given;
