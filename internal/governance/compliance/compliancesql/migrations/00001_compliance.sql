-- +goose Up
CREATE TABLE compliance_stacks (
    stack TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    claim TEXT NOT NULL,
    cause TEXT NOT NULL,
    asked BIGINT NOT NULL,
    basis TEXT NOT NULL,
    outcome TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX compliance_stacks_due ON compliance_stacks (due);
CREATE INDEX compliance_stacks_place ON compliance_stacks (tenant, project, workload, stage);

CREATE TABLE compliance_findings (
    id TEXT PRIMARY KEY,
    stack TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    rule TEXT NOT NULL,
    outcome TEXT NOT NULL,
    level TEXT NOT NULL,
    severity TEXT NOT NULL,
    controls TEXT NOT NULL,
    place TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX compliance_findings_stack ON compliance_findings (stack);
CREATE INDEX compliance_findings_place ON compliance_findings (tenant, place);

CREATE TABLE compliance_spans (
    id TEXT PRIMARY KEY,
    stack TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    began TIMESTAMP NOT NULL,
    ended TIMESTAMP NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX compliance_spans_stack ON compliance_spans (stack, ended);
CREATE INDEX compliance_spans_time ON compliance_spans (tenant, ended, began);

-- +goose Down
DROP TABLE compliance_spans;
DROP TABLE compliance_findings;
DROP TABLE compliance_stacks;
