-- +goose Up
CREATE TABLE gateway_tails (
    id      TEXT PRIMARY KEY,
    tenant  TEXT NOT NULL,
    node    TEXT NOT NULL,
    filter  TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE TABLE gateway_tail_parts (
    watch  TEXT NOT NULL,
    id     TEXT NOT NULL,
    tenant TEXT NOT NULL,
    lines  TEXT NOT NULL,
    missed BIGINT NOT NULL,
    PRIMARY KEY (watch, id)
);

-- +goose Down
DROP TABLE gateway_tail_parts;
DROP TABLE gateway_tails;
