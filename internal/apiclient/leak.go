package apiclient

import (
	"context"
	"net/http"
)

// Leaks returns a page of findings of leaked values, the newest first.
func (c *Client) Leaks(ctx context.Context, p ListLeaksParams) (PageLeak, error) {
	var page PageLeak
	return page, c.call(ctx, http.MethodGet, query(escape("leaks"), p), nil, &page)
}

// Leak returns one finding.
func (c *Client) Leak(ctx context.Context, id string) (Leak, error) {
	var l Leak
	return l, c.call(ctx, http.MethodGet, escape("leaks", id), nil, &l)
}

// AllowLeak has a value stay where it is, for a reason.
func (c *Client) AllowLeak(ctx context.Context, id string, in AllowLeakRequest) (Leak, error) {
	var l Leak
	return l, c.call(ctx, http.MethodPost, escape("leaks", id, "allow"), in, &l)
}

// ResolveLeak is done with a value in a log, for a reason.
func (c *Client) ResolveLeak(ctx context.Context, id string, in ResolveLeakRequest) (Leak, error) {
	var l Leak
	return l, c.call(ctx, http.MethodPost, escape("leaks", id, "resolve"), in, &l)
}

// ScanText has the server look through a text, of which nothing is kept.
func (c *Client) ScanText(ctx context.Context, project string, in ScanTextRequest) (LeakReport, error) {
	var r LeakReport
	return r, c.call(ctx, http.MethodPost, query(escape("leaks", "scan"), ScanTextParams{Project: project}), in, &r)
}
