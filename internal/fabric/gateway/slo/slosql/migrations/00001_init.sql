-- +goose Up
CREATE TABLE gateway_slo_alerts (
    tenant    TEXT NOT NULL,
    project   TEXT NOT NULL,
    stage     TEXT NOT NULL,
    route     TEXT NOT NULL,
    objective TEXT NOT NULL,
    severity  TEXT NOT NULL,
    since     TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, route, objective, severity)
);

-- +goose Down
DROP TABLE gateway_slo_alerts;
