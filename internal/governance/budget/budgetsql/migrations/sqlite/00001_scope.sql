-- +goose Up
UPDATE budget_revisions SET project = COALESCE(json_extract(body, '$.project'), '');
UPDATE budget_revisions SET stage = COALESCE(json_extract(body, '$.stage'), '') WHERE project <> '';

-- +goose Down
UPDATE budget_revisions SET project = '', stage = '';
