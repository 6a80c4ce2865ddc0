-- +goose Up
-- What was refused or failed is little, and looked for among all that was done.
CREATE INDEX audit_entries_outcome ON audit_entries (tenant, outcome, seq) WHERE outcome <> '';

-- +goose Down
DROP INDEX audit_entries_outcome;
