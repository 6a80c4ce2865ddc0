-- +goose Up
CREATE TABLE mesh_daemons (
    daemon   TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL
);
CREATE TABLE mesh_sidecars (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    workload TEXT NOT NULL,
    addr     TEXT NOT NULL,
    daemon   TEXT NOT NULL,
    grpc     BOOLEAN NOT NULL,
    serves   INTEGER NOT NULL,
    release  TEXT NOT NULL,
    envoy    BOOLEAN NOT NULL,
    since    TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, workload, addr, daemon)
);
CREATE INDEX mesh_sidecars_daemon ON mesh_sidecars (daemon);

-- +goose Down
DROP TABLE mesh_sidecars;
DROP TABLE mesh_daemons;
