-- +goose Up
CREATE TABLE gateway_subscriptions (
    id               TEXT PRIMARY KEY,
    tenant           TEXT NOT NULL,
    project          TEXT NOT NULL,
    stage            TEXT NOT NULL,
    name             TEXT NOT NULL,
    product          TEXT NOT NULL,
    plan             TEXT NOT NULL,
    consumer_kind    TEXT NOT NULL,
    consumer         TEXT NOT NULL,
    consumer_project TEXT NOT NULL,
    state            TEXT NOT NULL,
    over             BOOLEAN NOT NULL,
    over_at          TIMESTAMP,
    ends_at          TIMESTAMP,
    primary_hash     TEXT NOT NULL,
    secondary_hash   TEXT NOT NULL,
    revision         BIGINT NOT NULL DEFAULT 1,
    body             TEXT NOT NULL
);
CREATE UNIQUE INDEX gateway_subscriptions_name ON gateway_subscriptions (tenant, project, stage, name) WHERE NOT over;
CREATE INDEX gateway_subscriptions_product ON gateway_subscriptions (tenant, project, product);
CREATE INDEX gateway_subscriptions_consumer ON gateway_subscriptions (tenant, consumer_project);
CREATE TABLE gateway_subscription_turn (
    id   BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO gateway_subscription_turn (id, turn) VALUES (1, 1);
CREATE TABLE gateway_subscription_usage (
    tenant       TEXT NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    subscription TEXT NOT NULL,
    period       TEXT NOT NULL,
    starts       TEXT NOT NULL,
    calls        BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,
    refused      BIGINT NOT NULL,
    told_calls   BIGINT NOT NULL DEFAULT 0,
    told_bytes   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, period, starts)
);
CREATE INDEX gateway_subscription_usage_period ON gateway_subscription_usage (period, starts);

-- +goose Down
DROP TABLE gateway_subscription_usage;
DROP TABLE gateway_subscription_turn;
DROP TABLE gateway_subscriptions;
