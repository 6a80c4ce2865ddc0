-- +goose Up
CREATE TABLE tenants (
    name       TEXT NOT NULL PRIMARY KEY,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE projects (
    tenant      TEXT NOT NULL REFERENCES tenants (name),
    name        TEXT NOT NULL,
    cost_center TEXT NOT NULL,
    owner       TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, name)
);

-- +goose Down
DROP TABLE projects;
DROP TABLE tenants;
