package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// Tenants lists the tenants, of some states unless none is named.
func (c *Client) Tenants(ctx context.Context, states ...TenantState) ([]Tenant, error) {
	query := url.Values{}
	for _, s := range states {
		query.Add("state", string(s))
	}
	return all[Tenant](ctx, c, escape("tenants")+"?"+query.Encode())
}

// Tenant returns a tenant: one's own, or any to who runs the platform.
func (c *Client) Tenant(ctx context.Context, name string) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodGet, escape("tenants", name), nil, &out)
}

// CreateTenant adds a tenant with its first admin.
func (c *Client) CreateTenant(ctx context.Context, in CreateTenantRequest) (CreatedTenant, error) {
	var out CreatedTenant
	return out, c.call(ctx, http.MethodPost, escape("tenants"), in, &out)
}

// RenameTenant sets how people call a tenant.
func (c *Client) RenameTenant(ctx context.Context, name, display string) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodPut, escape("tenants", name, "display"), RenameTenantRequest{Display: display}, &out)
}

// SuspendTenant closes a tenant.
func (c *Client) SuspendTenant(ctx context.Context, name, reason string) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodPost, escape("tenants", name, "suspension"), TenantReason{Reason: reason}, &out)
}

// ResumeTenant opens a tenant that was suspended.
func (c *Client) ResumeTenant(ctx context.Context, name, reason string) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodPost, escape("tenants", name, "resumption"), TenantReason{Reason: reason}, &out)
}

// ExportTenant returns the archive of all that a tenant has, which the caller closes. It
// ends without an error also where it was cut off: its manifest is last.
func (c *Client) ExportTenant(ctx context.Context, name string, wanted ExportTenantRequest) (io.ReadCloser, error) {
	in, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	res, err := c.sendAccepting(ctx, "application/zip, application/problem+json", http.MethodPost, escape("tenants", name, "export"), "application/json", bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// SetTenantRecipients names for whom the archive of a tenant is encrypted when it leaves;
// without keys nobody is.
func (c *Client) SetTenantRecipients(ctx context.Context, name string, in SetTenantRecipientsRequest) (Tenant, error) {
	var out Tenant
	in.Keys = append([]string{}, in.Keys...) // none is a list, too
	return out, c.call(ctx, http.MethodPut, escape("tenants", name, "recipients"), in, &out)
}

// OffboardTenant closes a tenant for good.
func (c *Client) OffboardTenant(ctx context.Context, name string, in OffboardTenantRequest) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodPost, escape("tenants", name, "departure"), in, &out)
}

// KeepTenant calls off that a tenant leaves.
func (c *Client) KeepTenant(ctx context.Context, name, reason string) (Tenant, error) {
	var out Tenant
	return out, c.call(ctx, http.MethodDelete, escape("tenants", name, "departure")+"?reason="+url.QueryEscape(reason), nil, &out)
}

// TenantArchive returns the archive that was kept of a tenant that left, which the caller
// closes.
func (c *Client) TenantArchive(ctx context.Context, name string) (io.ReadCloser, error) {
	res, err := c.sendAccepting(ctx, "application/zip, application/problem+json", http.MethodGet, escape("tenants", name, "archive"), "", nil, 0)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// RemoveTenantArchive removes it.
func (c *Client) RemoveTenantArchive(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("tenants", name, "archive"), nil, nil)
}
