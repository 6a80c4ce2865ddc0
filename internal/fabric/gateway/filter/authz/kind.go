package authz

import (
	"context"
	"log/slog"
	"runtime"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// KindName is the kind's name in documents, and who refuses in its name.
const KindName = "AuthorizationPolicy"

// Kind makes the filters of AuthorizationPolicy.
type Kind struct {
	log *slog.Logger
	// turns bounds how many decisions of Rego are made at once, and so their memory.
	turns chan struct{}
}

// New returns a Kind.
func New(log *slog.Logger) *Kind {
	return &Kind{log: log, turns: make(chan struct{}, 4*runtime.GOMAXPROCS(0))}
}

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (k *Kind) Compile(ctx context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	doc, err := yamldoc.Read("", p.Spec)
	if err != nil {
		return nil, err //nolint:wrapcheck // it has its problems
	}
	f := read(ctx, k, doc.Root())
	if err := doc.Err("policy " + p.Name + " is not valid"); err != nil {
		return nil, err //nolint:wrapcheck // it has its problems
	}
	return f.wrap, nil
}
