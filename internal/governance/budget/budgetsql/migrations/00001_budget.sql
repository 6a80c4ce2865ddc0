-- +goose Up
CREATE TABLE budget_revisions (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, name, revision)
);

CREATE TABLE budget_told (
    tenant TEXT NOT NULL,
    what TEXT NOT NULL,
    told_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, what)
);

CREATE TABLE budget_clocks (
    tenant TEXT PRIMARY KEY,
    seen TIMESTAMP NOT NULL,
    turn BIGINT NOT NULL
);

CREATE TABLE budget_entries (
    stack TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    ended TIMESTAMP,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    currency TEXT NOT NULL,
    monthly TEXT NOT NULL,
    unpriced BIGINT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (stack, since)
);
CREATE INDEX budget_entries_of_tenant ON budget_entries (tenant, ended);
CREATE UNIQUE INDEX budget_entries_open ON budget_entries (stack) WHERE ended IS NULL;

CREATE TABLE budget_reservations (
    run TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    currency TEXT NOT NULL,
    before_it TEXT NOT NULL,
    after_it TEXT NOT NULL,
    unpriced BIGINT NOT NULL,
    applying BOOLEAN NOT NULL
);
CREATE INDEX budget_reservations_of_tenant ON budget_reservations (tenant);

-- +goose Down
DROP TABLE budget_reservations;
DROP TABLE budget_entries;
DROP TABLE budget_clocks;
DROP TABLE budget_told;
DROP TABLE budget_revisions;
