-- +goose Up
-- Which clients are to be told that a session has ended, when, and how often they were.
ALTER TABLE provider_clients ADD COLUMN backchannel_logout TEXT NOT NULL DEFAULT '';
ALTER TABLE provider_sessions ADD COLUMN tell_at TIMESTAMP;
ALTER TABLE provider_sessions ADD COLUMN tell_tries INTEGER NOT NULL DEFAULT 0;
CREATE INDEX provider_sessions_tell ON provider_sessions (tell_at);

-- +goose Down
DROP INDEX provider_sessions_tell;
ALTER TABLE provider_sessions DROP COLUMN tell_tries;
ALTER TABLE provider_sessions DROP COLUMN tell_at;
ALTER TABLE provider_clients DROP COLUMN backchannel_logout;
