-- +goose Up
UPDATE budget_revisions SET project = COALESCE(body::json ->> 'project', '');
UPDATE budget_revisions SET stage = COALESCE(body::json ->> 'stage', '') WHERE project <> '';

-- +goose Down
UPDATE budget_revisions SET project = '', stage = '';
