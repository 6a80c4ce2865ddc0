package secretref

import "context"

type originKey struct{}

// ReadFor returns a context whose reads of secrets are for something, which the audit log
// names beside who reads: "run run_1", "subscription chat". The nearest one counts.
func ReadFor(ctx context.Context, what string) context.Context {
	return context.WithValue(ctx, originKey{}, what)
}

// Origin returns what reads of secrets in ctx are for, "" where nobody has said it.
func Origin(ctx context.Context) string {
	what, _ := ctx.Value(originKey{}).(string)
	return what
}
