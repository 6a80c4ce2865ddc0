-- +goose Up
-- Somebody is signed out everywhere.
CREATE INDEX provider_sign_ins_user ON provider_sign_ins (tenant, user_id);
CREATE INDEX provider_sessions_subject ON provider_sessions (tenant, subject);

-- +goose Down
DROP INDEX provider_sessions_subject;
DROP INDEX provider_sign_ins_user;
