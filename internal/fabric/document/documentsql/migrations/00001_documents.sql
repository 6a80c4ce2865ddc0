-- +goose Up
CREATE TABLE documents (
    tenant     TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    stage      TEXT   NOT NULL,
    collection TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    keys       TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant, project, stage, collection, id)
);
CREATE INDEX documents_expire ON documents (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE document_keys (
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    collection TEXT NOT NULL,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (tenant, project, stage, collection, name, value, id),
    FOREIGN KEY (tenant, project, stage, collection, id) REFERENCES documents (tenant, project, stage, collection, id) ON DELETE CASCADE
);
CREATE INDEX document_keys_of ON document_keys (tenant, project, stage, collection, id);

-- +goose Down
DROP TABLE document_keys;
DROP TABLE documents;
