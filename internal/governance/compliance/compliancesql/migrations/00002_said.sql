-- +goose Up
ALTER TABLE compliance_stacks ADD COLUMN said TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE compliance_stacks DROP COLUMN said;
