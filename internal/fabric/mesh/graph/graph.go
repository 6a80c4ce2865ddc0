// Package graph knows who calls whom: what the sidecars of a stage have counted of their calls,
// and what the gateway has of the requests that come in from outside.
//
// It owns what the counts mean together, how many there may be, and how long they are kept. It
// counts nothing: sidecars do, and report it over the control plane's door.
package graph

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Edge is what one called another for.
type Edge struct {
	From string `json:"from" doc:"Who calls: a SPIFFE ID; gateway for what comes in there, and (others) for callers that are not told apart."`
	// To is the workload that has answered, which is a version of Service.
	To        string  `json:"to" doc:"The workload that has answered."`
	Service   string  `json:"service" doc:"The service that was asked for; another one than to where a route has sent the call on. Of the gateway it is the route."`
	Requests  int64   `json:"requests"`
	PerSecond float64 `json:"perSecond" doc:"Requests in a second, the mean of the time that was asked for."`
	// ClientErrors and ServerErrors are answers of 4xx and 5xx.
	ClientErrors int64   `json:"clientErrors" doc:"Answers with a status of 4xx."`
	ServerErrors int64   `json:"serverErrors" doc:"Answers with a status of 5xx, and calls without an answer."`
	ErrorShare   float64 `json:"errorShare" doc:"The share of serverErrors, 0 to 1."`
	P50          float64 `json:"p50" doc:"How long half of the calls took at most, in seconds; between the bounds of counting it is estimated."`
	P95          float64 `json:"p95" doc:"As p50, for 95 of 100."`
	P99          float64 `json:"p99" doc:"As p50, for 99 of 100."`
}

// Graph is an answer.
type Graph struct {
	Edges    []Edge
	From, To time.Time
	// More is set where not all edges fitted.
	More bool
}

// Call is what a workload has counted of calls to it, or of its own.
type Call struct {
	// From is the SPIFFE ID of the caller, or (others); it is empty for calls of the workload
	// to Service, which Version, a workload of the stage, has answered.
	From, Service, Version string
	// Refused tells that the workload has not seen calls to it: they were refused before.
	Refused bool

	Tally traffic.Tally
}

// Report says which report of which process of a workload counts are from: numbers of one grow.
type Report struct {
	Scope    kernel.Scope
	Workload string
	Process  string
	Number   int64
	// Release is which one of the workload has counted, "" where that is not known.
	Release string
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Store keeps counts; graphsql implements it.
type Store interface {
	// Take notes that a report is taken; it is false where that one, or a later one of the
	// process, was taken before.
	Take(ctx context.Context, scope kernel.Scope, workload, process string, number int64, now time.Time) (bool, error)
	// Add adds counts to what is kept.
	Add(ctx context.Context, all []traffic.Count) error
	// Sums returns what was counted, by route and consumer.
	Sums(ctx context.Context, q traffic.Question) ([]traffic.Count, error)
	// Tidy removes what nobody asks for any more.
	Tidy(ctx context.Context, now time.Time) error
}

// Gateway knows what routes have served, and which service of a stage answers each.
type Gateway interface {
	// Served returns what routes of a stage have served.
	Served(ctx context.Context, q traffic.Question) ([]traffic.Count, error)
	// Backends returns the service that answers a route; it is not ok where several do, or
	// none of the stage.
	Backends(scope kernel.Scope, route string) (service string, ok bool)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Service keeps who calls whom.
type Service struct {
	Store      Store
	Tx         Tx
	Gateway    Gateway
	Authorizer Authorizer
	Stages     Stages
	Clock      kernel.Clock
	// Domain is the trust domain of workloads.
	Domain string
	// Answered is told what a release of a workload has answered, once for each report and
	// without what was refused before it; nil is nobody.
	Answered func(scope kernel.Scope, workload, release string, t traffic.Tally)

	callers callers
}
