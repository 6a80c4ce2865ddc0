-- +goose Up
-- By what sign-ins end: the word of a provider, and unlinking an account.
CREATE INDEX upstream_sessions_sid ON upstream_sessions (upstream, sid);
CREATE INDEX upstream_sessions_link ON upstream_sessions (upstream, link);

-- +goose Down
DROP INDEX upstream_sessions_link;
DROP INDEX upstream_sessions_sid;
