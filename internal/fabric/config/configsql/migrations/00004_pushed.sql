-- +goose Up
ALTER TABLE config_sources ADD COLUMN pushed_commit TEXT NOT NULL DEFAULT '';
ALTER TABLE config_sources ADD COLUMN pushed_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE config_sources DROP COLUMN pushed_by;
ALTER TABLE config_sources DROP COLUMN pushed_commit;
