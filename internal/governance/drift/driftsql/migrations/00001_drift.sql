-- +goose Up
CREATE TABLE drift_watches (
    stack TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    claim TEXT NOT NULL,
    check_id TEXT NOT NULL,
    pending TEXT NOT NULL,
    failures BIGINT NOT NULL,
    clean_at TIMESTAMP NOT NULL
);
CREATE INDEX drift_watches_due ON drift_watches (due);

CREATE TABLE drift_checks (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stack TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX drift_checks_of_stack ON drift_checks (stack, id);

CREATE TABLE drift_findings (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    stack TEXT NOT NULL,
    address TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    resolved BOOLEAN NOT NULL,
    wake TIMESTAMP,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX drift_findings_of_project ON drift_findings (tenant, project, id);
CREATE UNIQUE INDEX drift_findings_open ON drift_findings (stack, address) WHERE NOT resolved;
CREATE INDEX drift_findings_unresolved ON drift_findings (tenant, project, workload, stage) WHERE NOT resolved;
CREATE INDEX drift_findings_wake ON drift_findings (wake) WHERE wake IS NOT NULL;

-- +goose Down
DROP TABLE drift_findings;
DROP TABLE drift_checks;
DROP TABLE drift_watches;
