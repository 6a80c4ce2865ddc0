-- +goose Up
-- Whether a key opens only together with a share that is outside of the database; of a
-- destroyed one, whether the share may still be there.
ALTER TABLE keyring_owner_keys ADD COLUMN shared BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE keyring_owner_keys DROP COLUMN shared;
