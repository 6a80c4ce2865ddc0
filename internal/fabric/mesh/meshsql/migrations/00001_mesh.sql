-- +goose Up
CREATE TABLE mesh_documents (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    body       TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (tenant, project, stage, kind, name)
);
CREATE TABLE mesh_turn (
    id   BIGINT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO mesh_turn (id, turn) VALUES (1, 1);

-- +goose Down
DROP TABLE mesh_turn;
DROP TABLE mesh_documents;
