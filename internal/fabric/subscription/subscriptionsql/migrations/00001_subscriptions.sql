-- +goose Up
CREATE TABLE event_subscriptions (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    sealed BYTEA,
    UNIQUE (tenant, project, name)
);

CREATE TABLE event_deliveries (
    subscription TEXT NOT NULL,
    event TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    status TEXT NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    body TEXT NOT NULL,
    kept BYTEA,
    PRIMARY KEY (subscription, event)
);
CREATE INDEX event_deliveries_newest ON event_deliveries (subscription, sequence);
CREATE INDEX event_deliveries_open ON event_deliveries (subscription, status, sequence) WHERE status <> 'delivered';
CREATE INDEX event_deliveries_old ON event_deliveries (status, ended_at);

-- +goose Down
DROP TABLE event_deliveries;
DROP TABLE event_subscriptions;
