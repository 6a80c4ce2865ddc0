package apiclient

import (
	"context"
	"net/http"
)

// Lifetimes returns what expires in a project, on one stage or of one workload where these are named.
func (c *Client) Lifetimes(ctx context.Context, project string, p ListLifetimesParams) ([]Lifetime, error) {
	return all[Lifetime](ctx, c, query(escape("projects", project, "lifetimes"), p))
}

// ExtendLifetime has a workload on a stage expire later.
func (c *Client) ExtendLifetime(ctx context.Context, project string, in ExtendLifetimeRequest) (Lifetime, error) {
	var l Lifetime
	return l, c.call(ctx, http.MethodPost, escape("projects", project, "lifetimes", "extensions"), in, &l)
}
