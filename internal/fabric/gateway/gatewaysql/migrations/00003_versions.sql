-- +goose Up
ALTER TABLE gateway_routes ADD COLUMN owner TEXT NOT NULL DEFAULT '';
UPDATE gateway_routes SET owner = 'terraform';
CREATE TABLE gateway_versions (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    class    TEXT NOT NULL,
    name     TEXT NOT NULL,
    number   BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    target   TEXT NOT NULL,
    document TEXT NOT NULL,
    author   TEXT NOT NULL,
    at       TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, class, name, number)
);
INSERT INTO gateway_versions (tenant, project, stage, class, name, number, kind, target, document, author, at)
    SELECT tenant, project, stage, 'route', name, 1, 'Route', '', document, '', updated_at FROM gateway_routes;
INSERT INTO gateway_versions (tenant, project, stage, class, name, number, kind, target, document, author, at)
    SELECT tenant, project, stage, 'policy', name, 1, kind, route, spec, '', updated_at FROM gateway_policies;
