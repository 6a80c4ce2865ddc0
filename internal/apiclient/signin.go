package apiclient

import (
	"context"
	"net/http"
)

// OAuthClients returns the programs that may ask people to sign in.
func (c *Client) OAuthClients(ctx context.Context) ([]OAuthClient, error) {
	return all[OAuthClient](ctx, c, escape("auth", "clients"))
}

// OAuthClient returns one of them, by its id.
func (c *Client) OAuthClient(ctx context.Context, id string) (OAuthClient, error) {
	var out OAuthClient
	return out, c.call(ctx, http.MethodGet, escape("auth", "clients", id), nil, &out)
}

// CreateOAuthClient registers a program that may ask people to sign in.
func (c *Client) CreateOAuthClient(ctx context.Context, in CreateOauthClientRequest) (IssuedOAuthClient, error) {
	var out IssuedOAuthClient
	return out, c.call(ctx, http.MethodPost, escape("auth", "clients"), in, &out)
}

// RotateOAuthClientSecret gives a client another secret.
func (c *Client) RotateOAuthClientSecret(ctx context.Context, id string) (IssuedOAuthClient, error) {
	var out IssuedOAuthClient
	return out, c.call(ctx, http.MethodPost, escape("auth", "clients", id, "secret"), nil, &out)
}

// DeleteOAuthClient removes a client, and ends all its sessions.
func (c *Client) DeleteOAuthClient(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, escape("auth", "clients", id), nil, nil)
}

// SigningKeys returns the keys that sign tokens.
func (c *Client) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var out ListSigningKeysResponse
	return out.Items, c.call(ctx, http.MethodGet, escape("auth", "keys"), nil, &out)
}

// RotateSigningKey has another key sign tokens.
func (c *Client) RotateSigningKey(ctx context.Context, algorithm RotateSigningKeyRequestAlgorithm) (SigningKey, error) {
	var out SigningKey
	return out, c.call(ctx, http.MethodPost, escape("auth", "keys"), RotateSigningKeyRequest{Algorithm: algorithm}, &out)
}

// TrustRules returns the rules by which tokens of others are exchanged.
func (c *Client) TrustRules(ctx context.Context) ([]TrustRule, error) {
	return all[TrustRule](ctx, c, escape("auth", "trust"))
}

// CreateTrustRule trusts tokens of an issuer.
func (c *Client) CreateTrustRule(ctx context.Context, in NewTrustRule) (TrustRule, error) {
	var out TrustRule
	return out, c.call(ctx, http.MethodPost, escape("auth", "trust"), in, &out)
}

// DeleteTrustRule trusts them no longer.
func (c *Client) DeleteTrustRule(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("auth", "trust", name), nil, nil)
}

// TestTrustRules returns what each rule makes of a token, which is not used up.
func (c *Client) TestTrustRules(ctx context.Context, token string) ([]TrustVerdict, error) {
	var out TestTrustRulesResponse
	return out.Verdicts, c.call(ctx, http.MethodPost, escape("auth", "trust", "test"), TestTrustRulesRequest{Token: token}, &out)
}
