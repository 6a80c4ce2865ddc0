-- +goose Up
UPDATE config_tokens SET stage = COALESCE(body::json ->> 'stage', '');

-- +goose Down
UPDATE config_tokens SET stage = '';
