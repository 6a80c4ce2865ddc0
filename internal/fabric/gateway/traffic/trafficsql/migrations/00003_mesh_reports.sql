-- +goose Up
CREATE TABLE mesh_reports (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    workload TEXT NOT NULL,
    process  TEXT NOT NULL,
    number   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage, workload, process)
);
CREATE INDEX mesh_reports_at ON mesh_reports (at);

-- +goose Down
DROP TABLE mesh_reports;
