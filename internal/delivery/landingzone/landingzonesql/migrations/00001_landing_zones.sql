-- +goose Up
CREATE TABLE landing_zones (
    tenant TEXT NOT NULL,
    stage  TEXT NOT NULL,
    number BIGINT NOT NULL,
    digest TEXT NOT NULL,
    outputs TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, stage, number)
);

-- +goose Down
DROP TABLE landing_zones;
