-- +goose Up
-- What people see of where they are signed in: how, from where, and when it was used last.
ALTER TABLE provider_sign_ins ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE provider_sign_ins ADD COLUMN used_at TIMESTAMP;
ALTER TABLE provider_sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE provider_sessions ADD COLUMN used_at TIMESTAMP;
ALTER TABLE provider_sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'program';
ALTER TABLE provider_sessions ADD COLUMN methods TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE provider_sessions DROP COLUMN methods;
ALTER TABLE provider_sessions DROP COLUMN kind;
ALTER TABLE provider_sessions DROP COLUMN used_at;
ALTER TABLE provider_sessions DROP COLUMN address;
ALTER TABLE provider_sign_ins DROP COLUMN used_at;
ALTER TABLE provider_sign_ins DROP COLUMN address;
