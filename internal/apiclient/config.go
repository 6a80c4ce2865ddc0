package apiclient

import (
	"context"
	"net/http"
)

// configs is the path of a project's configuration.
func configs(project string, segments ...string) string {
	return escape(append([]string{"projects", project, "config"}, segments...)...)
}

// ConnectConfig makes a folder of a repository the configuration of a project.
func (c *Client) ConnectConfig(ctx context.Context, project string, in ConnectConfigRequest) (ConfigSource, error) {
	var n ConfigSource
	return n, c.call(ctx, http.MethodPut, configs(project, "source"), in, &n)
}

// ConfigSource returns where the configuration is, and how it stands.
func (c *Client) ConfigSource(ctx context.Context, project string) (ConfigSource, error) {
	var n ConfigSource
	return n, c.call(ctx, http.MethodGet, configs(project, "source"), nil, &n)
}

// DisconnectConfig forgets where the configuration is.
func (c *Client) DisconnectConfig(ctx context.Context, project string) error {
	return c.call(ctx, http.MethodDelete, configs(project, "source"), nil, nil)
}

// Config returns what counts for a workload at a stage.
func (c *Client) Config(ctx context.Context, project string, p GetConfigParams) (ConfigView, error) {
	var v ConfigView
	return v, c.call(ctx, http.MethodGet, query(configs(project, "effective"), p), nil, &v)
}

// ExplainConfig explains what counts of a key.
func (c *Client) ExplainConfig(ctx context.Context, project, key string, p ExplainConfigParams) (ConfigExplained, error) {
	var e ConfigExplained
	return e, c.call(ctx, http.MethodGet, query(configs(project, "keys", key), p), nil, &e)
}

// ConfigRevisions returns the revisions, the newest first.
func (c *Client) ConfigRevisions(ctx context.Context, project, key string) ([]ConfigRevision, error) {
	return all[ConfigRevision](ctx, c, query(configs(project, "revisions"), ListConfigRevisionsParams{Key: key}))
}

// DiffConfig tells what differs between revisions or stages.
func (c *Client) DiffConfig(ctx context.Context, project string, p DiffConfigParams) (ConfigDiff, error) {
	var d ConfigDiff
	return d, c.call(ctx, http.MethodGet, query(configs(project, "diff"), p), nil, &d)
}

// RollBackConfig has the repository say again what it said at a revision.
func (c *Client) RollBackConfig(ctx context.Context, project string, in RollBackConfigRequest) (ConfigRolledBack, error) {
	var r ConfigRolledBack
	return r, c.call(ctx, http.MethodPost, configs(project, "rollback"), in, &r)
}

// EvaluateFlag evaluates a flag.
func (c *Client) EvaluateFlag(ctx context.Context, project, flag string, in EvaluateFlagRequest) (FlagResult, error) {
	var r FlagResult
	return r, c.call(ctx, http.MethodPost, configs(project, "flags", flag, "evaluation"), in, &r)
}

// CreateConfigToken makes a token for a workload.
func (c *Client) CreateConfigToken(ctx context.Context, project string, in CreateConfigTokenRequest) (CreatedConfigToken, error) {
	var t CreatedConfigToken
	return t, c.call(ctx, http.MethodPost, configs(project, "tokens"), in, &t)
}

// ConfigTokens returns the tokens of workloads.
func (c *Client) ConfigTokens(ctx context.Context, project string) ([]ConfigToken, error) {
	return all[ConfigToken](ctx, c, configs(project, "tokens"))
}

// RevokeConfigToken ends a token of a workload.
func (c *Client) RevokeConfigToken(ctx context.Context, project, id string) error {
	return c.call(ctx, http.MethodDelete, configs(project, "tokens", id), nil, nil)
}
