-- +goose Up
-- One row for each tenant: who counts its subscriptions holds it until the end of
-- the transaction.
CREATE TABLE event_subscription_quota (
    tenant TEXT PRIMARY KEY
);

-- +goose Down
DROP TABLE event_subscription_quota;
