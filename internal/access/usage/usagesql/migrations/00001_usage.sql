-- +goose Up
-- hour is written as 2026-11-27T10, in UTC: its beginnings are days and months.
CREATE TABLE usage_hours (
    tenant   TEXT NOT NULL,
    hour     TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    metric   TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (tenant, hour, project, stage, metric)
);
CREATE INDEX usage_hours_hour ON usage_hours (hour);
CREATE TABLE usage_actors (
    hour   TEXT NOT NULL,
    tenant TEXT NOT NULL,
    actor  TEXT NOT NULL,
    PRIMARY KEY (hour, tenant, actor)
);
CREATE TABLE usage_progress (
    id       BIGINT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hour     TEXT NOT NULL
);

-- +goose Down
DROP TABLE usage_progress;
DROP TABLE usage_actors;
DROP TABLE usage_hours;
