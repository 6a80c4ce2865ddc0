-- +goose Up
ALTER TABLE mesh_documents ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX mesh_documents_owner ON mesh_documents (tenant, owner);

-- +goose Down
DROP INDEX mesh_documents_owner;
ALTER TABLE mesh_documents DROP COLUMN owner;
