-- +goose Up
ALTER TABLE vcs_pulls ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE vcs_pulls ADD COLUMN held_until TIMESTAMP;

-- +goose Down
ALTER TABLE vcs_pulls DROP COLUMN held_until;
ALTER TABLE vcs_pulls DROP COLUMN holder;
