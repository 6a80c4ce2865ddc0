-- +goose Up
CREATE TABLE identity_grants (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    role         TEXT NOT NULL,
    platform     BOOLEAN NOT NULL,
    project      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    elevation    TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   TIMESTAMP,
    UNIQUE (tenant, subject_id, platform, project, stage, role, elevation)
);
CREATE INDEX identity_grants_id ON identity_grants (tenant, id);
CREATE INDEX identity_grants_node ON identity_grants (tenant, project, role);
CREATE TABLE identity_groups (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    about      TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (tenant, name)
);
-- One row for each source that says so: what an upstream says ends with it alone.
CREATE TABLE identity_group_members (
    tenant   TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES identity_groups (id),
    user_id  TEXT NOT NULL REFERENCES identity_users (id),
    source   TEXT NOT NULL,
    added_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, group_id, user_id, source)
);
CREATE INDEX identity_group_members_user ON identity_group_members (tenant, user_id);
CREATE TABLE identity_service_accounts (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    name         TEXT NOT NULL,
    project      TEXT NOT NULL,
    owner_id     TEXT NOT NULL,
    about        TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    disabled_at  TIMESTAMP,
    last_used_at TIMESTAMP,
    UNIQUE (tenant, name)
);
CREATE TABLE identity_subject_tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL UNIQUE,
    scopes       TEXT NOT NULL,
    projects     TEXT NOT NULL,
    stages       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    last_used_at TIMESTAMP
);
CREATE INDEX identity_subject_tokens_subject ON identity_subject_tokens (tenant, subject_id, id);

INSERT INTO identity_grants (id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, created_at, created_by)
SELECT 'grt_' || SUBSTR(m.user_id, 5) || CASE WHEN m.project = '' THEN '' ELSE '_' || m.project END,
    m.tenant, 'user', m.user_id, m.role, FALSE, m.project, '', '', u.created_at, ''
FROM identity_memberships m JOIN identity_users u ON u.id = m.user_id;
-- Who was the first admin of the daemon creates its tenants.
INSERT INTO identity_grants (id, tenant, subject_kind, subject_id, role, platform, project, stage, elevation, created_at, created_by)
SELECT 'grt_' || SUBSTR(u.id, 5) || '_operator', u.tenant, 'user', u.id, 'operator', TRUE, '', '', '', u.created_at, ''
FROM identity_users u JOIN identity_claims c ON c.tenant = u.tenant
    JOIN identity_memberships m ON m.tenant = u.tenant AND m.user_id = u.id AND m.project = '' AND m.role = 'admin'
WHERE u.name = 'admin';
INSERT INTO identity_subject_tokens (id, tenant, subject_id, name, hash, scopes, projects, stages, created_at, expires_at, last_used_at)
SELECT id, tenant, user_id, name, hash, '', '', '', created_at, expires_at, last_used_at FROM identity_tokens;
DROP TABLE identity_memberships;
DROP TABLE identity_tokens;

-- +goose Down
CREATE TABLE identity_tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES identity_users (id),
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL UNIQUE,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    last_used_at TIMESTAMP
);
CREATE INDEX identity_tokens_user ON identity_tokens (tenant, user_id, id);
CREATE TABLE identity_memberships (
    tenant  TEXT NOT NULL,
    project TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES identity_users (id),
    role    TEXT NOT NULL,
    PRIMARY KEY (tenant, project, user_id)
);
CREATE INDEX identity_memberships_user ON identity_memberships (tenant, user_id);
-- Of several roles in a project the greatest is kept; what is narrowed, or ends, is not widened.
INSERT INTO identity_memberships (tenant, project, user_id, role)
SELECT tenant, project, subject_id, MIN(role) FROM identity_grants
WHERE subject_kind = 'user' AND platform = FALSE AND stage = '' AND expires_at IS NULL
GROUP BY tenant, project, subject_id;
INSERT INTO identity_tokens (id, tenant, user_id, name, hash, created_at, expires_at, last_used_at)
SELECT t.id, t.tenant, t.subject_id, t.name, t.hash, t.created_at, t.expires_at, t.last_used_at
FROM identity_subject_tokens t JOIN identity_users u ON u.id = t.subject_id
WHERE t.scopes = '' AND t.projects = '' AND t.stages = '';
DROP TABLE identity_subject_tokens;
DROP TABLE identity_service_accounts;
DROP TABLE identity_group_members;
DROP TABLE identity_groups;
DROP TABLE identity_grants;
