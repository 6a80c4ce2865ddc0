-- +goose Up
UPDATE sources SET project = COALESCE(body::json ->> 'project', '');

-- +goose Down
UPDATE sources SET project = '';
