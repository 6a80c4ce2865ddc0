-- +goose Up
CREATE TABLE leak_changes (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE INDEX leak_changes_since ON leak_changes (tenant, mark);
CREATE INDEX leak_changes_mark ON leak_changes (mark);
ALTER TABLE leak_keys DROP COLUMN revision;
CREATE INDEX leak_findings_of_repository ON leak_findings (tenant, project, repository, state, id);

-- +goose Down
DROP INDEX leak_findings_of_repository;
ALTER TABLE leak_keys ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
DROP TABLE leak_changes;
