package waf

import (
	"context"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// KindName is the kind's name in documents.
const KindName = "WafPolicy"

// Kind compiles the policies of kind WafPolicy. It keeps the engines, which
// routes of one spec share.
type Kind struct {
	log     *slog.Logger
	metrics *Metrics
	counts  *tuning.Counts
	pool    pool
}

// NewKind returns the kind; without metrics or counts nothing is counted there.
func NewKind(log *slog.Logger, m *Metrics, c *tuning.Counts) *Kind {
	return &Kind{log: log, metrics: m, counts: c}
}

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
		guard: g, spec: spec, log: k.log, metrics: k.metrics.of(at), counts: k.counts.Of(tuning.Place{Scope: at.Scope, Route: at.Route}),
		route: at.Route, types: typesOf(spec.Body.ContentTypes),
	}
	return f.wrap, nil
}

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return Spec{} }

// KeepRoutes implements gateway.Rememberer: series and counts of routes that
// are not there any more are dropped.
func (k *Kind) KeepRoutes(live func(scope kernel.Scope, route string) bool) {
	k.metrics.keep(live)
	k.counts.KeepRoutes(func(p tuning.Place) bool { return live(p.Scope, p.Route) })
}
