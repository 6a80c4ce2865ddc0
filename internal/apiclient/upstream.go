package apiclient

import (
	"context"
	"net/http"
)

// Upstreams returns the other providers that people sign in with.
func (c *Client) Upstreams(ctx context.Context) ([]Upstream, error) {
	return all[Upstream](ctx, c, escape("auth", "upstreams"))
}

// Upstream returns one of them, by its name.
func (c *Client) Upstream(ctx context.Context, name string) (Upstream, error) {
	var out Upstream
	return out, c.call(ctx, http.MethodGet, escape("auth", "upstreams", name), nil, &out)
}

// CreateUpstream has people sign in with another provider.
func (c *Client) CreateUpstream(ctx context.Context, in NewUpstream) (Upstream, error) {
	var out Upstream
	return out, c.call(ctx, http.MethodPost, escape("auth", "upstreams"), in, &out)
}

// UpdateUpstream changes what is named.
func (c *Client) UpdateUpstream(ctx context.Context, name string, in UpstreamSettings) (Upstream, error) {
	var out Upstream
	return out, c.call(ctx, http.MethodPatch, escape("auth", "upstreams", name), in, &out)
}

// DeleteUpstream has nobody sign in with it any more.
func (c *Client) DeleteUpstream(ctx context.Context, name string, q DeleteUpstreamParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("auth", "upstreams", name), q), nil, nil)
}

// CheckUpstream returns what is wrong with its configuration.
func (c *Client) CheckUpstream(ctx context.Context, name string) ([]UpstreamFinding, error) {
	var out CheckUpstreamResponse
	return out.Findings, c.call(ctx, http.MethodPost, escape("auth", "upstreams", name, "check"), nil, &out)
}

// SetUpstreamRules replaces the rules by which claims give groups and roles.
func (c *Client) SetUpstreamRules(ctx context.Context, name, rules string) (Upstream, error) {
	var out Upstream
	return out, c.call(ctx, http.MethodPut, escape("auth", "upstreams", name, "rules"), SetUpstreamRulesRequest{Rules: rules}, &out)
}

// TestUpstreamRules returns what each rule makes of claims.
func (c *Client) TestUpstreamRules(ctx context.Context, name string, claims map[string]any) ([]UpstreamVerdict, error) {
	var out TestUpstreamRulesResponse
	return out.Verdicts, c.call(ctx, http.MethodPost, escape("auth", "upstreams", name, "test"), TestUpstreamRulesRequest{Claims: claims}, &out)
}

// UpstreamLinks returns the accounts elsewhere that sign a user in; "" is oneself.
func (c *Client) UpstreamLinks(ctx context.Context, user string) ([]UpstreamLink, error) {
	return all[UpstreamLink](ctx, c, query(escape("auth", "links"), ListUpstreamLinksParams{User: user}))
}

// DeleteUpstreamLink has an account elsewhere sign nobody in.
func (c *Client) DeleteUpstreamLink(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, escape("auth", "links", id), nil, nil)
}
