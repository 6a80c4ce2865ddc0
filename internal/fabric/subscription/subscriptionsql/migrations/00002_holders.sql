-- +goose Up
ALTER TABLE event_subscriptions ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_subscriptions ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE event_subscriptions ADD COLUMN held_until TIMESTAMP;
CREATE INDEX event_subscriptions_holder ON event_subscriptions (holder);
-- Events are in another log from here on.
UPDATE event_subscriptions SET position = 0;
DELETE FROM event_deliveries WHERE status = 'retrying';
