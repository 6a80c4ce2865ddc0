package apiclient

import (
	"context"
	"net/http"
)

// Factors returns what somebody signs in with beside the password: the caller where user
// is "".
func (c *Client) Factors(ctx context.Context, user string) (FactorSheet, error) {
	path := escape("me", "factors")
	if user != "" {
		path = escape("users", user, "factors")
	}
	var out FactorSheet
	return out, c.call(ctx, http.MethodGet, path, nil, &out)
}

// BeginTOTP begins to add an app for one-time passwords.
func (c *Client) BeginTOTP(ctx context.Context, proof FactorProof) (BeginTotpResponse, error) {
	var out BeginTotpResponse
	return out, c.call(ctx, http.MethodPost, escape("me", "factors", "totp"), proof, &out)
}

// ConfirmTOTP adds the app that shows a code.
func (c *Client) ConfirmTOTP(ctx context.Context, in ConfirmTotpRequest) (ConfirmTotpResponse, error) {
	var out ConfirmTotpResponse
	return out, c.call(ctx, http.MethodPut, escape("me", "factors", "totp"), in, &out)
}

// MakeRecoveryCodes returns new recovery codes, this once.
func (c *Client) MakeRecoveryCodes(ctx context.Context, proof FactorProof) ([]string, error) {
	var out MakeRecoveryCodesResponse
	err := c.call(ctx, http.MethodPost, escape("me", "factors", "recovery-codes"), proof, &out)
	return out.RecoveryCodes, err
}

// RemoveFactor removes one of the caller's factors.
func (c *Client) RemoveFactor(ctx context.Context, id string, proof FactorProof) error {
	return c.call(ctx, http.MethodPost, escape("me", "factors", id, "removal"), proof, nil)
}

// ResetFactors removes all factors of a user, and returns how many there were and how many
// tokens ended.
func (c *Client) ResetFactors(ctx context.Context, user string, in ResetFactorsRequest) (ResetFactorsResponse, error) {
	var out ResetFactorsResponse
	return out, c.call(ctx, http.MethodPost, escape("users", user, "factors", "reset"), in, &out)
}

// FactorPolicy returns of whom the tenant asks for a second factor.
func (c *Client) FactorPolicy(ctx context.Context) (FactorPolicy, error) {
	var out FactorRule
	err := c.call(ctx, http.MethodGet, escape("auth", "factor-policy"), nil, &out)
	return out.Policy, err
}

// SetFactorPolicy says of whom.
func (c *Client) SetFactorPolicy(ctx context.Context, in SetFactorPolicyRequest) (FactorPolicy, error) {
	var out FactorRule
	err := c.call(ctx, http.MethodPut, escape("auth", "factor-policy"), in, &out)
	return out.Policy, err
}
