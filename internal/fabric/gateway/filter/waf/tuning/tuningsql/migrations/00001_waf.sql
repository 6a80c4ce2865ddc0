-- +goose Up
CREATE TABLE waf_findings (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    route    TEXT NOT NULL,
    day      TEXT NOT NULL,
    rule     BIGINT NOT NULL,
    target   TEXT NOT NULL,
    message  TEXT NOT NULL,
    sample   TEXT NOT NULL,
    points   BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    refused  BIGINT NOT NULL,
    lowest   BIGINT NOT NULL,
    highest  BIGINT NOT NULL,
    seen     TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, route, day, rule, target)
);
CREATE INDEX waf_findings_day ON waf_findings (day);
CREATE TABLE waf_scores (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    route    TEXT NOT NULL,
    day      TEXT NOT NULL,
    level    BIGINT NOT NULL,
    score    BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    refused  BIGINT NOT NULL,
    denied   BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage, route, day, level, score)
);
CREATE INDEX waf_scores_day ON waf_scores (day);

-- +goose Down
DROP TABLE waf_scores;
DROP TABLE waf_findings;
