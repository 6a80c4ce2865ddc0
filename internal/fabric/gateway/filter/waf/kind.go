package waf

import (
	"context"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// KindName is the kind's name in documents.
const KindName = "WafPolicy"

// Kind compiles the policies of kind WafPolicy. It keeps the engines, which
// routes of one spec share, and the counts of what the rules found.
type Kind struct {
	log     *slog.Logger
	metrics *Metrics
	pool    pool
	tuning  tuning
}

// NewKind returns the kind; without metrics nothing is counted for them.
func NewKind(log *slog.Logger, m *Metrics) *Kind { return &Kind{log: log, metrics: m} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Compile implements gateway.Kind. It compiles the rules, some hundred
// milliseconds, where no other route has the same ones already.
func (k *Kind) Compile(ctx context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	spec, err := read(p.Name, p.Spec)
	if err != nil {
		return nil, err
	}
	g, err := k.pool.guard(ctx, p.Name, spec)
	if err != nil {
		return nil, err
	}
	f := &filter{
		guard: g, spec: spec, log: k.log, metrics: k.metrics.of(at), findings: k.tuning.of(at.Scope, at.Route),
		route: at.Route, types: typesOf(spec.Body.ContentTypes),
	}
	return f.wrap, nil
}
