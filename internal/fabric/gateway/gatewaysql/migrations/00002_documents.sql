-- +goose Up
ALTER TABLE gateway_routes ADD COLUMN document TEXT NOT NULL DEFAULT '';
UPDATE gateway_routes SET document = '{"hosts":["' || host || '"],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"' || path
    || '"}}],"backends":[{"service":"' || service || '","port":"' || port || '"}]}]}';
CREATE TABLE gateway_route_hosts (
    host    TEXT NOT NULL,
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    stage   TEXT NOT NULL,
    route   TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, route, host)
);
INSERT INTO gateway_route_hosts (host, tenant, project, stage, route) SELECT host, tenant, project, stage, name FROM gateway_routes;
DROP INDEX gateway_routes_place;
ALTER TABLE gateway_routes DROP COLUMN host;
ALTER TABLE gateway_routes DROP COLUMN path;
ALTER TABLE gateway_routes DROP COLUMN service;
ALTER TABLE gateway_routes DROP COLUMN port;
CREATE TABLE gateway_policies (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    route      TEXT NOT NULL,
    spec       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, name)
);
CREATE UNIQUE INDEX gateway_policies_place ON gateway_policies (tenant, project, stage, kind, route);
