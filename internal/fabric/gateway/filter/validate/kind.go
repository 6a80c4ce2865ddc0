package validate

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
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

// Doubts implements gateway.Doubter: it tells which versions stand nowhere in the policy's
// scope, so that no request is for them.
func (k *Kind) Doubts(p gateway.Policy) []kernel.Problem {
	s, err := read(p)
	if err != nil { // it is told as what is wrong
		return nil
	}
	var out []kernel.Problem
	for i, of := range s.APIs {
		if k.catalog.stands(p.Scope, of.API, of.Version) {
			continue
		}
		out = append(out, kernel.Problem{
			Path: fmt.Sprintf("apis[%d]", i), Message: "version " + of.Version + " of the API " + of.API + " is published on no stage that the policy is for",
			Fix: "see terrace api list; until it is, no request is held against it",
		})
	}
	if len(out) == len(s.APIs) && s.UnknownOperations == "refuse" {
		out[len(out)-1].Fix = "see terrace api list; until one is, each request is answered with 404, unless unknownOperations is pass"
	}
	return out
}

// Name implements gateway.Kind.
func (k *Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return settings{} }
