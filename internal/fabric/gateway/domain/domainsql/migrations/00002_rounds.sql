-- +goose Up
ALTER TABLE gateway_domains ADD COLUMN warn_at TIMESTAMP;
ALTER TABLE gateway_domains ADD COLUMN look_at TIMESTAMP;
UPDATE gateway_domains SET warn_at = '2000-01-01 00:00:00' WHERE chain <> '';
UPDATE gateway_domains SET look_at = '2000-01-01 00:00:00' WHERE verified;
CREATE INDEX gateway_domains_warn ON gateway_domains (warn_at) WHERE verified AND warn_at IS NOT NULL;
CREATE INDEX gateway_domains_look ON gateway_domains (look_at) WHERE verified AND look_at IS NOT NULL;

-- +goose Down
DROP INDEX gateway_domains_look;
DROP INDEX gateway_domains_warn;
ALTER TABLE gateway_domains DROP COLUMN look_at;
ALTER TABLE gateway_domains DROP COLUMN warn_at;
