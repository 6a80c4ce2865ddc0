package apiclient

import (
	"context"
	"net/http"
)

// ACMEKeys returns the keys of ACME accounts that are seen.
func (c *Client) ACMEKeys(ctx context.Context) ([]ACMEKey, error) {
	return all[ACMEKey](ctx, c, escape("acme", "keys"))
}

// CreateACMEKey makes a key that binds ACME accounts to a scope; the answer has its secret.
func (c *Client) CreateACMEKey(ctx context.Context, in CreateAcmeKeyRequest) (CreatedACMEKey, error) {
	var k CreatedACMEKey
	return k, c.call(ctx, http.MethodPost, escape("acme", "keys"), in, &k)
}

// RevokeACMEKey revokes a key, and the accounts that it binds.
func (c *Client) RevokeACMEKey(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, escape("acme", "keys", id), nil, nil)
}
