package apiclient

import (
	"context"
	"net/http"
)

// GivenTags tells which tags resources of a project have, on a stage and of a workload
// where these are named, and which they must have.
func (c *Client) GivenTags(ctx context.Context, project string, p GetGivenTagsParams) (RunGivenTags, error) {
	var t RunGivenTags
	return t, c.call(ctx, http.MethodGet, query(escape("projects", project, "tags"), p), nil, &t)
}

// Tags returns what a project, or the tenant for "", gives to its resources as tags
// and demands of them.
func (c *Client) Tags(ctx context.Context, project string) (TenantTagSettings, error) {
	var s TenantTagSettings
	return s, c.call(ctx, http.MethodGet, query(escape("tags"), GetTagsParams{Project: project}), nil, &s)
}

// SetTags sets them.
func (c *Client) SetTags(ctx context.Context, project string, in SetTagsRequest) (TenantTagSettings, error) {
	var s TenantTagSettings
	return s, c.call(ctx, http.MethodPut, query(escape("tags"), SetTagsParams{Project: project}), in, &s)
}
