-- +goose Up
UPDATE event_outbox SET project = COALESCE(json_extract(body, '$.project'), ''), stage = COALESCE(json_extract(body, '$.stage'), '');
UPDATE event_log SET project = COALESCE(json_extract(body, '$.project'), ''), stage = COALESCE(json_extract(body, '$.stage'), '');

-- +goose Down
UPDATE event_log SET project = '', stage = '';
UPDATE event_outbox SET project = '', stage = '';
