-- +goose Up
-- By which sign-in at another provider somebody came, so that all of it ends with that.
ALTER TABLE provider_sign_ins ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE provider_sessions ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE provider_devices ADD COLUMN via TEXT NOT NULL DEFAULT '';
CREATE INDEX provider_sign_ins_via ON provider_sign_ins (via);
CREATE INDEX provider_sessions_via ON provider_sessions (via);

-- +goose Down
DROP INDEX provider_sessions_via;
DROP INDEX provider_sign_ins_via;
ALTER TABLE provider_devices DROP COLUMN via;
ALTER TABLE provider_sessions DROP COLUMN via;
ALTER TABLE provider_sign_ins DROP COLUMN via;
