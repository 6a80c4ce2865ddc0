-- +goose Up
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    repository_project TEXT NOT NULL,
    repository TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    pushed_by TEXT NOT NULL,
    due TIMESTAMP NOT NULL,
    holder TEXT NOT NULL,
    held_until TIMESTAMP NOT NULL,
    UNIQUE (tenant, name)
);
CREATE INDEX sources_due ON sources (due);

CREATE TABLE source_objects (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, project, name)
);
CREATE INDEX source_objects_of ON source_objects (source);

-- +goose Down
DROP TABLE source_objects;
DROP TABLE sources;
