-- +goose Up
CREATE TABLE gateway_domains (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT NOT NULL,
    chain    TEXT NOT NULL,
    sealed   BYTEA,
    PRIMARY KEY (tenant, name)
);
CREATE UNIQUE INDEX gateway_domains_verified ON gateway_domains (name) WHERE verified;
CREATE TABLE gateway_domain_turn (
    id   BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO gateway_domain_turn (id, turn) VALUES (1, 1);

-- +goose Down
DROP TABLE gateway_domain_turn;
DROP TABLE gateway_domains;
