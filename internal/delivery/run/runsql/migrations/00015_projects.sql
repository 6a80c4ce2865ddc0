-- +goose Up
CREATE TABLE run_projects (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    served BIGINT NOT NULL,
    PRIMARY KEY (tenant, project)
);

-- +goose Down
DROP TABLE run_projects;
