package validate

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// Compile implements gateway.Kind. Which document counts is looked up with each
// request, so that one that is published counts from the next request on.
func (k *Kind) Compile(_ context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	s, err := read(p)
	if err != nil {
		return nil, err
	}
	f := &filter{Kind: k, settings: s, scope: at.Scope}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) { f.handle(x, next) }
	}, nil
}

// KindName is the kind's name in documents.
const KindName = "ValidationPolicy"

// Kind is the kind ValidationPolicy.
type Kind struct {
	catalog *Catalog
	calls   Calls
	log     *slog.Logger
	results *prometheus.CounterVec
}

// New returns the kind; calls may be nil.
func New(catalog *Catalog, calls Calls, log *slog.Logger, r prometheus.Registerer) (*Kind, error) {
	results := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrace_gateway_validations_total", Help: "Messages held against an API's document, by what came of it: fits, reported, refused, unread.",
	}, []string{"tenant", "project", "stage", "api", "version", "message", "result"})
	return &Kind{catalog: catalog, calls: calls, log: log, results: results}, r.Register(results)
}

// Name implements gateway.Kind.
func (k *Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return settings{} }
