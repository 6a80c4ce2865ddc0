-- +goose Up
-- What tokens have as iss: gateways of their own are told it by the control plane.
ALTER TABLE provider_revision ADD COLUMN issuer TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE provider_revision DROP COLUMN issuer;
