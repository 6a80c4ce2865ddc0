-- +goose Up
ALTER TABLE runs ADD COLUMN approval_lapses TIMESTAMP;
CREATE INDEX runs_lapsing ON runs (approval_lapses) WHERE approval_lapses IS NOT NULL;

-- +goose Down
DROP INDEX runs_lapsing;
ALTER TABLE runs DROP COLUMN approval_lapses;
