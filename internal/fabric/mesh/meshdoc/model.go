package meshdoc

import (
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Route says what callers of a service are sent to: the Gateway API's HTTPRoute or GRPCRoute
// with services for parents (GAMMA, GEP-1426), as far as the mesh does it.
type Route struct {
	// ParentRefs are the services whose callers it is for.
	ParentRefs []ParentRef `json:"parentRefs"`
	// Rules are tried by how closely they match, not in their order.
	Rules []Rule `json:"rules"`
}

// ParentRef is a service; a workload of the stage.
type ParentRef struct {
	// Group is empty, or core, as Kind is Service.
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	// Port narrows to one; 0 is all.
	Port int `json:"port,omitempty"`
}

// Rule is what is done with the calls that any of its matches takes.
type Rule struct {
	Name string `json:"name,omitempty"`
	// Matches are alternatives; none takes every call.
	Matches []Match `json:"matches,omitempty"`
	// BackendRefs are chosen among by weight; none is the parent itself.
	BackendRefs []BackendRef `json:"backendRefs,omitempty"`
	Timeouts    Timeouts     `json:"timeouts,omitzero"`
	Retry       *Retry       `json:"retry,omitempty"`
}

// Match takes a call where all that it says holds.
type Match struct {
	Path    PathMatch    `json:"path,omitzero"`
	Method  string       `json:"method,omitempty"`
	Headers []ValueMatch `json:"headers,omitempty"`
}

// The types of matches.
const (
	Exact             = "Exact"
	PathPrefix        = "PathPrefix"
	RegularExpression = "RegularExpression"
)

// PathMatch holds for a path; the zero value for every one.
type PathMatch struct {
	// Type is Exact, PathPrefix (the default, in whole segments) or RegularExpression (RE2, the
	// whole path).
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"`
}

// ValueMatch holds for a header.
type ValueMatch struct {
	// Type is Exact (the default) or RegularExpression (RE2, the whole value).
	Type  string `json:"type,omitempty"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// BackendRef is a service's port with its share of the calls.
type BackendRef struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind,omitempty"`
	Name  string `json:"name"`
	// Port is the service's; 0 is its only one.
	Port int `json:"port,omitempty"`
	// Weight is the share; without one it is 1. A weight of 0 gets nothing.
	Weight *int `json:"weight,omitempty"`
}

// Share is the backend's weight.
func (b BackendRef) Share() int {
	if b.Weight == nil {
		return 1
	}
	return *b.Weight
}

// Timeouts bound how long a caller waits; 0 is unbounded.
type Timeouts struct {
	// Request bounds a call with all its attempts.
	Request kernel.Duration `json:"request,omitzero"`
}

// Retry says what is asked again (GEP-1731).
type Retry struct {
	// Codes are statuses of HTTP that are asked again; none is 503 alone. To callers that
	// speak gRPC 429 is RESOURCE_EXHAUSTED, 499 CANCELLED, 500 INTERNAL, 503 UNAVAILABLE and
	// 504 DEADLINE_EXCEEDED.
	Codes []int `json:"codes,omitempty"`
	// Attempts is how often after the first time.
	Attempts int `json:"attempts"`
	// Backoff is the least pause between two.
	Backoff kernel.Duration `json:"backoff,omitzero"`
}

// Authorization says who may call; what none allows is refused where the mesh is strict, and
// at a service that any names a rule for.
type Authorization struct {
	// TargetRef is the service that it is for; nil is every one of the stage.
	TargetRef *ParentRef `json:"targetRef,omitempty"`
	// Rules each allow; none allows nobody.
	Rules []Allow `json:"rules"`
}

// Allow lets callers do something.
type Allow struct {
	// From are the callers; a rule has at least one.
	From []Caller `json:"from"`
	// Methods of HTTP; none is any.
	Methods []string `json:"methods,omitempty"`
	// Paths are whole ones, or end in /* for all below; none is any. A call of gRPC has the
	// path /package.Service/Method.
	Paths []string `json:"paths,omitempty"`
}

// Caller is who calls: a workload, or a SPIFFE ID.
type Caller struct {
	// Workload is a workload's name, or * for every one of the stage.
	Workload string `json:"workload,omitempty"`
	// Project and Stage are the workload's; those of the document where they are empty.
	Project string `json:"project,omitempty"`
	Stage   string `json:"stage,omitempty"`
	// SPIFFEID is one, or ends in /* for all below.
	SPIFFEID string `json:"spiffeId,omitempty"`
}

// Mesh says how a stage's services speak to each other.
type Mesh struct {
	// MTLS is Strict or Off.
	MTLS string `json:"mtls"`
}

// How services prove to each other who they are.
const (
	// Strict has every connection be of two that have proven who they are, and has what no
	// authorization allows refused.
	Strict = "strict"
	// Off has calls in the clear.
	Off = "off"
)

// Spec is what a document says; one of its fields is set, by the document's kind.
type Spec struct {
	Route         *Route         `json:"route,omitempty"`
	GRPCRoute     *GRPCRoute     `json:"grpcRoute,omitempty"`
	Authorization *Authorization `json:"authorization,omitempty"`
	Mesh          *Mesh          `json:"mesh,omitempty"`
}

// Calls returns the route that the document is, that of calls of gRPC by their paths; nil is
// none.
func (s Spec) Calls() *Route {
	if s.GRPCRoute != nil {
		return s.GRPCRoute.route()
	}
	return s.Route
}

// Said returns what the document's spec says, as it is written.
func (s Spec) Said() any {
	switch {
	case s.Mesh != nil:
		return s.Mesh
	case s.Authorization != nil:
		return s.Authorization
	case s.GRPCRoute != nil:
		return s.GRPCRoute
	}
	return s.Route
}
