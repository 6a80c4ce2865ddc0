-- +goose Up
ALTER TABLE gateway_policies ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE gateway_versions ADD COLUMN revision TEXT NOT NULL DEFAULT '';
CREATE INDEX gateway_routes_owner ON gateway_routes (tenant, owner);
CREATE INDEX gateway_policies_owner ON gateway_policies (tenant, owner);
