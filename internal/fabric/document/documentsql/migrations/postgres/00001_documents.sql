-- +goose Up
-- Ids and keys are in the order of their bytes, as in SQLite and the other stores.
ALTER TABLE document_keys DROP CONSTRAINT document_keys_tenant_project_stage_collection_id_fkey;
ALTER TABLE documents ALTER COLUMN body TYPE JSONB USING body::jsonb, ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE document_keys ALTER COLUMN value TYPE TEXT COLLATE "C", ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE document_keys ADD FOREIGN KEY (tenant, project, stage, collection, id) REFERENCES documents (tenant, project, stage, collection, id) ON DELETE CASCADE;

-- +goose Down
ALTER TABLE documents ALTER COLUMN body TYPE TEXT;
