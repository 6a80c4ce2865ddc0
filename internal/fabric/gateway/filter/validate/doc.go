// Package validate is the gateway's kind ValidationPolicy: requests and answers
// are held against the OpenAPI document of the API that a stage serves, and
// clients learn where that API is in its life.
//
// It owns the policy's spec, the compiled documents, and what is told of what
// does not fit. Which document stands on a stage it is told (Catalog); who calls
// what it tells (Calls).
package validate

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// name is the kind's in documents.
const name = "ValidationPolicy"

// Contract is a version of an API as it stands on a stage.
type Contract struct {
	// Scope is the stage's.
	Scope        kernel.Scope
	API, Version string
	// Digest is that of the document; Document is the document as JSON has it, and
	// nil where the catalog knows the digest.
	Digest   string
	Document any
	// Published is since when it stands there.
	Published time.Time
	// Retired has every call answered with 410.
	Retired bool
	// Deprecated is since when clients are told to leave, Sunset until when they
	// have to, Link where they read about it; zero is not said.
	Deprecated, Sunset time.Time
	Link               string
}

// Calls is told of every call of an operation that is known.
type Calls interface {
	Count(scope kernel.Scope, api, version, operation, consumer string, status int)
}

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
func (k *Kind) Name() string { return name }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return spec{} }
