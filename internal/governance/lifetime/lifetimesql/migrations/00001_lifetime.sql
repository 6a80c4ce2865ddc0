-- +goose Up
CREATE TABLE lifetimes (
    stack TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    expires TIMESTAMP NOT NULL,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX lifetimes_due ON lifetimes (due);
CREATE INDEX lifetimes_of_project ON lifetimes (tenant, project);

CREATE TABLE lifetime_reclaims (
    run TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX lifetime_reclaims_of_tenant ON lifetime_reclaims (tenant, at);

-- +goose Down
DROP TABLE lifetime_reclaims;
DROP TABLE lifetimes;
