-- +goose Up
ALTER TABLE event_outbox ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE event_outbox ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE event_log ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE event_log ADD COLUMN stage TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE event_log DROP COLUMN stage;
ALTER TABLE event_log DROP COLUMN project;
ALTER TABLE event_outbox DROP COLUMN stage;
ALTER TABLE event_outbox DROP COLUMN project;
