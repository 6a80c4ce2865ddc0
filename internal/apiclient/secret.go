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

// CompareSecret tells which keys differ between two versions: 0 is the newest, and the one
// before it.
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

// ConfigureSecret changes what is said of a secret as a whole.
func (c *Client) ConfigureSecret(ctx context.Context, project, stage, name string, in ConfigureSecretRequest) (SecretHistory, error) {
	var h SecretHistory
	return h, c.call(ctx, http.MethodPatch, query(escape("projects", project, "secrets", name, "settings"), ConfigureSecretParams{Stage: stage}), in, &h)
}

// SecretSync tells which key vault a stage has, and how far both are the same.
func (c *Client) SecretSync(ctx context.Context, project, stage string) (SecretSync, error) {
	var s SecretSync
	return s, c.call(ctx, http.MethodGet, query(escape("projects", project, "secret-sync"), GetSecretSyncParams{Stage: stage}), nil, &s)
}

// SetSecretSync keeps a stage and a key vault the same.
func (c *Client) SetSecretSync(ctx context.Context, project, stage string, in SetSecretSyncRequest) (SecretSync, error) {
	var s SecretSync
	return s, c.call(ctx, http.MethodPut, query(escape("projects", project, "secret-sync"), SetSecretSyncParams{Stage: stage}), in, &s)
}

// RemoveSecretSync ends the sync of a stage.
func (c *Client) RemoveSecretSync(ctx context.Context, project, stage string) error {
	return c.call(ctx, http.MethodDelete, query(escape("projects", project, "secret-sync"), DeleteSecretSyncParams{Stage: stage}), nil, nil)
}

// SyncedSecrets tells how far each secret is, those in one state unless it is "".
func (c *Client) SyncedSecrets(ctx context.Context, project, stage, state string) ([]SyncedSecret, error) {
	return all[SyncedSecret](ctx, c, query(escape("projects", project, "secret-sync", "secrets"), ListSecretSyncSecretsParams{Stage: stage, State: state}))
}

// RunSecretSync has a stage and its key vault compared at once.
func (c *Client) RunSecretSync(ctx context.Context, project, stage string) (SecretSync, error) {
	var s SecretSync
	return s, c.call(ctx, http.MethodPost, query(escape("projects", project, "secret-sync", "rounds"), RunSecretSyncParams{Stage: stage}), nil, &s)
}

// AdoptSyncedSecret decides for the side that counts.
func (c *Client) AdoptSyncedSecret(ctx context.Context, project, stage, name, reason string) error {
	path := query(escape("projects", project, "secret-sync", "secrets", name, "adoption"), AdoptSecretSyncSecretParams{Stage: stage})
	return c.call(ctx, http.MethodPost, path, AdoptSecretSyncSecretRequest{Reason: reason}, nil)
}

// DeleteSecret deletes a version of a secret so that it can be taken back.
func (c *Client) DeleteSecret(ctx context.Context, project, name string, p DeleteSecretParams) (SecretHistory, error) {
	var h SecretHistory
	return h, c.call(ctx, http.MethodDelete, query(escape("projects", project, "secrets", name), p), nil, &h)
}

// RestoreSecret takes back that a version of a secret was deleted.
func (c *Client) RestoreSecret(ctx context.Context, project, stage, name string, in RestoreSecretRequest) (SecretHistory, error) {
	var h SecretHistory
	return h, c.call(ctx, http.MethodPost, query(escape("projects", project, "secrets", name, "restoration"), RestoreSecretParams{Stage: stage}), in, &h)
}

// DestroySecret removes values of a secret for ever; the whole secret where no versions are named.
func (c *Client) DestroySecret(ctx context.Context, project, stage, name string, in DestroySecretRequest) error {
	return c.call(ctx, http.MethodPost, query(escape("projects", project, "secrets", name, "destruction"), DestroySecretParams{Stage: stage}), in, nil)
}
