-- +goose Up
CREATE TABLE leak_branches (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    repository TEXT NOT NULL,
    branch TEXT NOT NULL,
    wanted TEXT NOT NULL,
    looked TEXT NOT NULL,
    due TIMESTAMP,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, repository, branch)
);
CREATE INDEX leak_branches_due ON leak_branches (due);

-- +goose Down
DROP TABLE leak_branches;
