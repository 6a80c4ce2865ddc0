-- +goose Up
UPDATE config_tokens SET stage = COALESCE(json_extract(body, '$.stage'), '');

-- +goose Down
UPDATE config_tokens SET stage = '';
