package apiclient

import (
	"context"
	"net/http"
)

// Certificates returns the certificates that are seen.
func (c *Client) Certificates(ctx context.Context, p ListCertificatesParams) ([]CertificateEntry, error) {
	return all[CertificateEntry](ctx, c, query(escape("certificates"), p))
}

// Certificate returns a certificate with itself.
func (c *Client) Certificate(ctx context.Context, id string) (CertificateShown, error) {
	var out CertificateShown
	return out, c.call(ctx, http.MethodGet, escape("certificates", id), nil, &out)
}

// IssueCertificate issues a certificate for the key of a request.
func (c *Client) IssueCertificate(ctx context.Context, in IssueCertificateRequest) (CertificateIssued, error) {
	var out CertificateIssued
	return out, c.call(ctx, http.MethodPost, escape("certificates"), in, &out)
}

// RenewCertificate issues one in the place of a certificate.
func (c *Client) RenewCertificate(ctx context.Context, id string, in RenewCertificateRequest) (CertificateIssued, error) {
	var out CertificateIssued
	return out, c.call(ctx, http.MethodPost, escape("certificates", id, "renewal"), in, &out)
}

// RevokeCertificate revokes a certificate.
func (c *Client) RevokeCertificate(ctx context.Context, id string, in RevokeCertificateRequest) (CertificateEntry, error) {
	var out CertificateEntry
	return out, c.call(ctx, http.MethodPost, escape("certificates", id, "revocation"), in, &out)
}

// RevokeUnlistedCertificate revokes a certificate that the inventory may lack.
func (c *Client) RevokeUnlistedCertificate(ctx context.Context, in RevokeUnlistedCertificateRequest) (CertificateEntry, error) {
	var out CertificateEntry
	return out, c.call(ctx, http.MethodPost, escape("certificates", "revocations"), in, &out)
}

// CertificateAuthorities returns the authorities of the platform.
func (c *Client) CertificateAuthorities(ctx context.Context) ([]CertificateAuthority, error) {
	var out CertificateAuthorities
	err := c.call(ctx, http.MethodGet, escape("certificate-authorities"), nil, &out)
	return out.Items, err
}

// RotateCertificateAuthority makes the next generation.
func (c *Client) RotateCertificateAuthority(ctx context.Context, in RotateCertificateAuthorityRequest) ([]CertificateAuthority, error) {
	return c.authorities(ctx, http.MethodPost, "rotation", in)
}

// ActivateCertificateAuthority has the next authority sign from now on.
func (c *Client) ActivateCertificateAuthority(ctx context.Context) ([]CertificateAuthority, error) {
	return c.authorities(ctx, http.MethodPost, "activation", nil)
}

// AbortCertificateAuthority takes the next authority back.
func (c *Client) AbortCertificateAuthority(ctx context.Context) ([]CertificateAuthority, error) {
	return c.authorities(ctx, http.MethodPost, "abortion", nil)
}

// RequestCertificateAuthority makes a request that an authority elsewhere answers.
func (c *Client) RequestCertificateAuthority(ctx context.Context, in RequestCertificateAuthorityRequest) (CertificateAuthorityRequest, error) {
	var out CertificateAuthorityRequest
	return out, c.call(ctx, http.MethodPost, escape("certificate-authorities", "requests"), in, &out)
}

// InstallCertificateAuthority takes the answer to that request.
func (c *Client) InstallCertificateAuthority(ctx context.Context, in InstallCertificateAuthorityRequest) ([]CertificateAuthority, error) {
	return c.authorities(ctx, http.MethodPut, "next", in)
}

func (c *Client) authorities(ctx context.Context, method, path string, in any) ([]CertificateAuthority, error) {
	var out CertificateAuthorities
	err := c.call(ctx, method, escape("certificate-authorities", path), in, &out)
	return out.Items, err
}
