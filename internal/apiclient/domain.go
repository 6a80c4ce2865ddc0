package apiclient

import (
	"context"
	"net/http"
)

// GatewayDomains returns the domains of the tenant that are seen.
func (c *Client) GatewayDomains(ctx context.Context) ([]GatewayDomain, error) {
	return all[GatewayDomain](ctx, c, escape("gateway", "domains"))
}

// AddGatewayDomain claims a domain.
func (c *Client) AddGatewayDomain(ctx context.Context, in AddGatewayDomainRequest) (GatewayDomain, error) {
	var d GatewayDomain
	return d, c.call(ctx, http.MethodPost, escape("gateway", "domains"), in, &d)
}

// GatewayDomain returns a domain with the authority of its hosts.
func (c *Client) GatewayDomain(ctx context.Context, name string) (GatewayDomainShown, error) {
	var d GatewayDomainShown
	return d, c.call(ctx, http.MethodGet, escape("gateway", "domains", name), nil, &d)
}

// VerifyGatewayDomain has the server look for the record that proves a domain.
func (c *Client) VerifyGatewayDomain(ctx context.Context, name string) (GatewayDomain, error) {
	var d GatewayDomain
	return d, c.call(ctx, http.MethodPost, escape("gateway", "domains", name, "verify"), nil, &d)
}

// ApproveGatewayDomain has a domain proven on the word of an operator.
func (c *Client) ApproveGatewayDomain(ctx context.Context, name string, in ApproveGatewayDomainRequest) (GatewayDomain, error) {
	var d GatewayDomain
	return d, c.call(ctx, http.MethodPost, escape("gateway", "domains", name, "approve"), in, &d)
}

// RevokeGatewayDomain takes back the proof of a domain, as an operator.
func (c *Client) RevokeGatewayDomain(ctx context.Context, name string, in RevokeGatewayDomainRequest) (GatewayDomain, error) {
	var d GatewayDomain
	return d, c.call(ctx, http.MethodPost, escape("gateway", "domains", name, "revoke"), in, &d)
}

// RemoveGatewayDomain gives up a domain that no route uses.
func (c *Client) RemoveGatewayDomain(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("gateway", "domains", name), nil, nil)
}

// SetGatewayDomainCertificate has the gateway show a certificate on the hosts of a domain.
func (c *Client) SetGatewayDomainCertificate(ctx context.Context, name string, in SetGatewayDomainCertificateRequest) (GatewayDomain, error) {
	var d GatewayDomain
	return d, c.call(ctx, http.MethodPut, escape("gateway", "domains", name, "certificate"), in, &d)
}

// RemoveGatewayDomainCertificate has Terrace's own authority certify the hosts of a domain again.
func (c *Client) RemoveGatewayDomainCertificate(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("gateway", "domains", name, "certificate"), nil, nil)
}
