-- +goose Up
CREATE TABLE leak_findings (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    state TEXT NOT NULL,
    repository TEXT NOT NULL,
    place TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    until TIMESTAMP,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX leak_findings_once ON leak_findings (tenant, project, stage, place, rule, fingerprint);
CREATE INDEX leak_findings_of_tenant ON leak_findings (tenant, id);
CREATE INDEX leak_findings_until ON leak_findings (until);

CREATE TABLE leak_keys (
    tenant TEXT PRIMARY KEY,
    sealed BYTEA NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE leak_values (
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    form BIGINT NOT NULL,
    head BIGINT NOT NULL,
    length BIGINT NOT NULL,
    sum BYTEA NOT NULL,
    PRIMARY KEY (tenant, project, stage, name, version, form)
);

-- +goose Down
DROP TABLE leak_values;
DROP TABLE leak_keys;
DROP TABLE leak_findings;
