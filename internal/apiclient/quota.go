package apiclient

import (
	"context"
	"net/http"
)

// Quotas returns what a tenant, or a project of it, may have, and has.
func (c *Client) Quotas(ctx context.Context, of GetQuotasParams) (Quotas, error) {
	var q Quotas
	return q, c.call(ctx, http.MethodGet, query(escape("quotas"), of), nil, &q)
}

// SetQuotas sets what a tenant, or a project of it, may have.
func (c *Client) SetQuotas(ctx context.Context, of SetQuotasParams, in SetQuotasRequest) (Quotas, error) {
	var q Quotas
	return q, c.call(ctx, http.MethodPut, query(escape("quotas"), of), in, &q)
}
