package prepared

import "context"

// cutKey is under which a context has the one that may end its query.
type cutKey struct{}

// Uncut returns a context for a query that is not ended with ctx by database/sql, which
// would watch it beside each query: a goroutine takes as long as a quick query. The
// connection does what is to be done of that. It does not begin a query when ctx has
// ended, reads no more rows then, and cuts off what was slow the last time.
func Uncut(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithValue(context.WithoutCancel(ctx), cutKey{}, ctx)
}

// cutOf returns the context that may end the query of ctx.
func cutOf(ctx context.Context) context.Context {
	if cut, ok := ctx.Value(cutKey{}).(context.Context); ok {
		return cut
	}
	return ctx
}
