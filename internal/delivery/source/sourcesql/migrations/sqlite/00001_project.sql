-- +goose Up
UPDATE sources SET project = COALESCE(json_extract(body, '$.project'), '');

-- +goose Down
UPDATE sources SET project = '';
