package apiclient

import (
	"context"
	"net/http"
)

// SecretHistory tells the versions of a secret, and when it was read last.
func (c *Client) SecretHistory(ctx context.Context, project, stage, name string) (SecretHistory, error) {
	var h SecretHistory
	return h, c.call(ctx, http.MethodGet, query(escape("projects", project, "secrets", name, "versions"), GetSecretHistoryParams{Stage: stage}), nil, &h)
}

// CompareSecret tells which keys differ between two versions, 0 for the newest.
func (c *Client) CompareSecret(ctx context.Context, project, name string, p CompareSecretParams) (SecretDifference, error) {
	var d SecretDifference
	return d, c.call(ctx, http.MethodGet, query(escape("projects", project, "secrets", name, "difference"), p), nil, &d)
}

// RollBackSecret makes the value of an earlier version the newest.
func (c *Client) RollBackSecret(ctx context.Context, project, stage, name string, in RollBackSecretRequest) (SecretInfo, error) {
	var s SecretInfo
	return s, c.call(ctx, http.MethodPost, query(escape("projects", project, "secrets", name, "rollback"), RollBackSecretParams{Stage: stage}), in, &s)
}

// CopySecret makes the value of a secret that of another stage.
func (c *Client) CopySecret(ctx context.Context, project, stage, name string, in CopySecretRequest) (SecretInfo, error) {
	var s SecretInfo
	return s, c.call(ctx, http.MethodPost, query(escape("projects", project, "secrets", name, "copies"), CopySecretParams{Stage: stage}), in, &s)
}
