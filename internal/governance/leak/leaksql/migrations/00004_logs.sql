-- +goose Up
CREATE TABLE leak_logs (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    run TEXT NOT NULL,
    workload TEXT NOT NULL,
    node TEXT NOT NULL,
    ended TIMESTAMP NOT NULL,
    due TIMESTAMP NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (tenant, run)
);
CREATE INDEX leak_logs_due ON leak_logs (due);

ALTER TABLE leak_findings ADD COLUMN quiet TIMESTAMP;
UPDATE leak_findings SET quiet = CURRENT_TIMESTAMP WHERE kind = 'log' AND state = 'open' AND body NOT LIKE '%"run":"%';
CREATE INDEX leak_findings_quiet ON leak_findings (quiet);

-- +goose Down
DROP INDEX leak_findings_quiet;
ALTER TABLE leak_findings DROP COLUMN quiet;
DROP TABLE leak_logs;
