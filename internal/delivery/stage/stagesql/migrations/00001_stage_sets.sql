-- +goose Up
CREATE TABLE stage_sets (
    number BIGINT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    stages TEXT NOT NULL,
    origin TEXT NOT NULL,
    configured TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE stage_sets;
