-- +goose Up
CREATE TABLE releases (
    tenant     TEXT      NOT NULL,
    project    TEXT      NOT NULL,
    id         TEXT      NOT NULL,
    digest     TEXT      NOT NULL,
    workload   TEXT      NOT NULL,
    number     BIGINT    NOT NULL,
    version    TEXT      NOT NULL,
    spec       TEXT      NOT NULL,
    pins       TEXT      NOT NULL,
    lock       BYTEA     NOT NULL,
    created_by TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, id)
);
CREATE UNIQUE INDEX releases_number ON releases (tenant, project, workload, number);

CREATE TABLE release_artifacts (
    tenant     TEXT      NOT NULL,
    project    TEXT      NOT NULL,
    digest     TEXT      NOT NULL,
    size       BIGINT    NOT NULL,
    created_by TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, digest)
);

-- +goose Down
DROP TABLE release_artifacts;
DROP TABLE releases;
