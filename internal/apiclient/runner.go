package apiclient

import (
	"context"
	"net/http"
)

// Runners returns the remote runners of the tenant.
func (c *Client) Runners(ctx context.Context) ([]FleetStatus, error) {
	var page PageFleetStatus
	err := c.call(ctx, http.MethodGet, escape("runners"), nil, &page)
	return page.Items, err
}

// CreateRunner makes a remote runner and its token.
func (c *Client) CreateRunner(ctx context.Context, in CreateRunnerRequest) (CreatedRunner, error) {
	var created CreatedRunner
	return created, c.call(ctx, http.MethodPost, escape("runners"), in, &created)
}

// RemoveRunner makes a runner's token void.
func (c *Client) RemoveRunner(ctx context.Context, name string, q RemoveRunnerParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("runners", name), q), nil, nil)
}
