-- +goose Up
ALTER TABLE secrets ADD COLUMN created_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE secret_metadata ADD COLUMN read_by_name TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE secret_metadata DROP COLUMN read_by_name;
ALTER TABLE secrets DROP COLUMN created_by_name;
