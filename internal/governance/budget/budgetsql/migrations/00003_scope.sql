-- +goose Up
-- Where its reader needs a role, as budget.Budget says.
ALTER TABLE budget_revisions ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE budget_revisions ADD COLUMN stage TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE budget_revisions DROP COLUMN stage;
ALTER TABLE budget_revisions DROP COLUMN project;
