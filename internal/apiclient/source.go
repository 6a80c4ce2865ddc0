package apiclient

import (
	"context"
	"net/http"
)

type overrideKey struct{}

// WithOverride has the calls of ctx change what belongs to a source, for the
// reason; empty is none.
func WithOverride(ctx context.Context, reason string) context.Context {
	if reason == "" {
		return ctx
	}
	return context.WithValue(ctx, overrideKey{}, reason)
}

func override(ctx context.Context, req *http.Request) {
	if reason, ok := ctx.Value(overrideKey{}).(string); ok {
		req.Header.Set("Terrace-Override", reason)
	}
}

func sources(segments ...string) string { return escape(append([]string{"sources"}, segments...)...) }

// Sources returns the sources.
func (c *Client) Sources(ctx context.Context) ([]Source, error) {
	return all[Source](ctx, c, sources())
}

// Source returns a source with the state of its objects.
func (c *Client) Source(ctx context.Context, name string) (SourceDetails, error) {
	var d SourceDetails
	return d, c.call(ctx, http.MethodGet, sources(name), nil, &d)
}

// AddSource makes a repository the source of truth.
func (c *Client) AddSource(ctx context.Context, in AddSourceRequest) (Source, error) {
	var n Source
	return n, c.call(ctx, http.MethodPost, sources(), in, &n)
}

// DiffSource tells what a reconciliation would do.
func (c *Client) DiffSource(ctx context.Context, name string) (SourceDiff, error) {
	var d SourceDiff
	return d, c.call(ctx, http.MethodGet, sources(name, "diff"), nil, &d)
}

// SyncSource reconciles a source at once.
func (c *Client) SyncSource(ctx context.Context, name string) (Source, error) {
	var n Source
	return n, c.call(ctx, http.MethodPost, sources(name, "sync"), nil, &n)
}

// AllowSource lets the removals of one commit through.
func (c *Client) AllowSource(ctx context.Context, name string, in AllowSourceRequest) (Source, error) {
	var n Source
	return n, c.call(ctx, http.MethodPost, sources(name, "allowances"), in, &n)
}

// TrustSource says whether its stages may have the rights of the daemon.
func (c *Client) TrustSource(ctx context.Context, name string, in TrustSourceRequest) (Source, error) {
	var n Source
	return n, c.call(ctx, http.MethodPut, sources(name, "daemon-rights"), in, &n)
}

// TrustSourceBuilds says whether its folders are built.
func (c *Client) TrustSourceBuilds(ctx context.Context, name string, in TrustSourceBuildsRequest) (Source, error) {
	var n Source
	return n, c.call(ctx, http.MethodPut, sources(name, "builds"), in, &n)
}

// RemoveSource forgets a source.
func (c *Client) RemoveSource(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, sources(name), nil, nil)
}
