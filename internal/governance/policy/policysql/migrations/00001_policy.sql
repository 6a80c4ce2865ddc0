-- +goose Up
CREATE TABLE policy_exemptions (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    workload TEXT NOT NULL,
    policy TEXT NOT NULL,
    status TEXT NOT NULL,
    ended BOOLEAN NOT NULL,
    next_at TIMESTAMP,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX policy_exemptions_of_tenant ON policy_exemptions (tenant, id);
CREATE INDEX policy_exemptions_standing ON policy_exemptions (tenant, project) WHERE status = 'approved';
CREATE INDEX policy_exemptions_next ON policy_exemptions (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE policy_settings (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    place TEXT NOT NULL,
    newest BOOLEAN NOT NULL,
    removed BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE INDEX policy_settings_in_force ON policy_settings (tenant, project) WHERE newest AND NOT removed;
CREATE UNIQUE INDEX policy_settings_places ON policy_settings (place) WHERE newest AND NOT removed;

-- +goose Down
DROP TABLE policy_settings;
DROP TABLE policy_exemptions;
