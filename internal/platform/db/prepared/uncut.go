package prepared

import "context"

// cutKey is under which a context has what may end its query.
type cutKey struct{}

// cut is what may end a query, and what is to be called once its rows are closed, nil
// for nothing.
type cut struct {
	by     context.Context //nolint:containedctx // of the query
	closed func()
}

// Uncut returns a context for a query that is not ended with ctx by database/sql, which
// would watch it beside each query: a goroutine takes as long as a quick query. The
// connection does what is to be done of that. It does not begin a query when ctx has
// ended, reads no more rows then, and cuts off what was slow the last time. It calls
// closed once the rows of the query are closed, and not when the query fails.
//
// Nor does database/sql end with ctx the wait for a connection: who calls waits before.
func Uncut(ctx context.Context, closed func()) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), cutKey{}, cut{by: ctx, closed: closed})
}

// cutOf returns what may end the query of ctx.
func cutOf(ctx context.Context) cut {
	if c, ok := ctx.Value(cutKey{}).(cut); ok {
		return c
	}
	return cut{by: ctx}
}
