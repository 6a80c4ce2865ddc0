-- +goose Up
CREATE TABLE automation_rules (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (tenant, project, name)
);

CREATE TABLE automation_firings (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    event TEXT NOT NULL,
    result TEXT NOT NULL,
    depth BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    begun_at TIMESTAMP NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (rule, event)
);
CREATE INDEX automation_firings_open ON automation_firings (outcome, id) WHERE outcome IN ('waiting', 'working');
CREATE INDEX automation_firings_acted ON automation_firings (rule, begun_at);
CREATE INDEX automation_firings_event ON automation_firings (tenant, event);
CREATE INDEX automation_firings_result ON automation_firings (tenant, result) WHERE result <> '';
CREATE INDEX automation_firings_old ON automation_firings (begun_at);

CREATE TABLE automation_cursor (
    id BIGINT PRIMARY KEY,
    position BIGINT NOT NULL
);

-- +goose Down
DROP TABLE automation_cursor;
DROP TABLE automation_firings;
DROP TABLE automation_rules;
