-- +goose Up
ALTER TABLE state_versions ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE state_versions ADD COLUMN cause TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE state_versions DROP COLUMN cause;
ALTER TABLE state_versions DROP COLUMN changed_by;
