-- +goose Up
UPDATE event_outbox SET project = COALESCE(body::json ->> 'project', ''), stage = COALESCE(body::json ->> 'stage', '');
UPDATE event_log SET project = COALESCE(body::json ->> 'project', ''), stage = COALESCE(body::json ->> 'stage', '');

-- +goose Down
UPDATE event_log SET project = '', stage = '';
UPDATE event_outbox SET project = '', stage = '';
