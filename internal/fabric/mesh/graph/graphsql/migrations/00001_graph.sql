-- +goose Up
-- What sidecars have counted was kept by the gateway's traffic before, whose migrations make the
-- tables where it is there.
CREATE TABLE IF NOT EXISTS mesh_traffic (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    route    TEXT NOT NULL,
    consumer TEXT NOT NULL,
    span     BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    nanos    BIGINT NOT NULL,
    c1 BIGINT NOT NULL,
    c2 BIGINT NOT NULL,
    c3 BIGINT NOT NULL,
    c4 BIGINT NOT NULL,
    c5 BIGINT NOT NULL,
    p0 BIGINT NOT NULL,
    p1 BIGINT NOT NULL,
    p2 BIGINT NOT NULL,
    p3 BIGINT NOT NULL,
    p4 BIGINT NOT NULL,
    p5 BIGINT NOT NULL,
    p6 BIGINT NOT NULL,
    p7 BIGINT NOT NULL,
    p8 BIGINT NOT NULL,
    p9 BIGINT NOT NULL,
    p10 BIGINT NOT NULL,
    p11 BIGINT NOT NULL,
    p12 BIGINT NOT NULL,
    p13 BIGINT NOT NULL,
    p14 BIGINT NOT NULL,
    p15 BIGINT NOT NULL,
    p16 BIGINT NOT NULL,
    p17 BIGINT NOT NULL,
    p18 BIGINT NOT NULL,
    p19 BIGINT NOT NULL,
    p20 BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage, route, consumer, span, at)
);
CREATE INDEX IF NOT EXISTS mesh_traffic_at ON mesh_traffic (span, at);
CREATE TABLE IF NOT EXISTS mesh_reports (
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    stage    TEXT NOT NULL,
    workload TEXT NOT NULL,
    process  TEXT NOT NULL,
    number   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (tenant, project, stage, workload, process)
);
CREATE INDEX IF NOT EXISTS mesh_reports_at ON mesh_reports (at);

-- +goose Down
DROP TABLE mesh_reports;
DROP TABLE mesh_traffic;
