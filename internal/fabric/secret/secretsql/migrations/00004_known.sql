-- +goose Up
ALTER TABLE secrets ADD COLUMN known BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX secrets_unknown ON secrets (tenant) WHERE NOT known AND NOT destroyed;

-- +goose Down
DROP INDEX secrets_unknown;
ALTER TABLE secrets DROP COLUMN known;
