package apiclient

import (
	"context"
	"net/http"
)

// Verify queues a verification of what is deployed.
func (c *Client) Verify(ctx context.Context, project, workload string, in VerifyRequest) (RunVerification, error) {
	var v RunVerification
	return v, c.call(ctx, http.MethodPost, escape("projects", project, "workloads", workload, "verifications"), in, &v)
}

// Verification returns one verification.
func (c *Client) Verification(ctx context.Context, project, id string) (RunVerification, error) {
	var v RunVerification
	return v, c.call(ctx, http.MethodGet, escape("projects", project, "verifications", id), nil, &v)
}

// Verifications returns the newest verifications of a project.
func (c *Client) Verifications(ctx context.Context, project string, q ListVerificationsParams) ([]RunVerification, error) {
	var page PageRunVerification
	err := c.call(ctx, http.MethodGet, query(escape("projects", project, "verifications"), q), nil, &page)
	return page.Items, err
}

// Ended reports whether the verification has come to its end.
func (v RunVerification) Ended() bool {
	return v.Status != RunVerificationStatusQueued && v.Status != RunVerificationStatusRunning
}
