package apiclient

import (
	"context"
	"net/http"
)

// VaultCertificates tells which certificates a stage's key vault has, and how far each is.
func (c *Client) VaultCertificates(ctx context.Context, project, stage string) ([]VaultCertificate, error) {
	return all[VaultCertificate](ctx, c, query(escape("projects", project, "vault-certificates"), ListVaultCertificatesParams{Stage: stage}))
}

// SetVaultCertificate keeps a certificate in a key vault, or takes one from it.
func (c *Client) SetVaultCertificate(ctx context.Context, project, stage, name string, in SetVaultCertificateRequest) (VaultCertificate, error) {
	var v VaultCertificate
	return v, c.call(ctx, http.MethodPut, query(escape("projects", project, "vault-certificates", name), SetVaultCertificateParams{Stage: stage}), in, &v)
}

// RemoveVaultCertificate ends that; both sides keep what they have.
func (c *Client) RemoveVaultCertificate(ctx context.Context, project, stage, name string) error {
	return c.call(ctx, http.MethodDelete, query(escape("projects", project, "vault-certificates", name), DeleteVaultCertificateParams{Stage: stage}), nil, nil)
}

// RunVaultCertificate has both sides compared at once.
func (c *Client) RunVaultCertificate(ctx context.Context, project, stage, name string) (VaultCertificate, error) {
	var v VaultCertificate
	return v, c.call(ctx, http.MethodPost, query(escape("projects", project, "vault-certificates", name, "rounds"), RunVaultCertificateParams{Stage: stage}), nil, &v)
}
