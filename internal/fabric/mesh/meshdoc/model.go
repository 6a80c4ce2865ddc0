package meshdoc

import (
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Route says what callers of a service are sent to: the Gateway API's HTTPRoute or GRPCRoute
// with services for parents (GAMMA, GEP-1426), as far as the mesh does it.
type Route struct {
	// ParentRefs are the services whose callers it is for.
	ParentRefs []ParentRef `json:"parentRefs" doc:"The services whose callers the route is for."`
	// Rules are tried by how closely they match, not in their order.
	Rules []Rule `json:"rules" doc:"Tried by how closely they match, not in their order."`
}

// ParentRef is a service; a workload of the stage.
type ParentRef struct {
	// Group is empty, or core, as Kind is Service.
	Group string `json:"group,omitempty" enum:",core"`
	Kind  string `json:"kind" enum:"Service" required:"false"`
	Name  string `json:"name" doc:"A workload of the stage."`
	// Port narrows to one; 0 is all.
	Port int `json:"port,omitempty" minimum:"0" maximum:"65535" doc:"One port; all without."`
}

// Rule is what is done with the calls that any of its matches takes.
type Rule struct {
	Name string `json:"name,omitempty"`
	// Matches are alternatives; none takes every call.
	Matches []Match `json:"matches,omitempty" doc:"Alternatives; none takes every call."`
	// BackendRefs are chosen among by weight; none is the parent itself.
	BackendRefs []BackendRef `json:"backendRefs,omitempty" doc:"Chosen among by weight; none is the parent itself."`
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
	Type  string `json:"type,omitempty" enum:"Exact,PathPrefix,RegularExpression"`
	Value string `json:"value,omitempty"`
}

// ValueMatch holds for a header.
type ValueMatch struct {
	// Type is Exact (the default) or RegularExpression (RE2, the whole value).
	Type  string `json:"type,omitempty" enum:"Exact,RegularExpression"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// BackendRef is a service's port with its share of the calls.
type BackendRef struct {
	Group string `json:"group,omitempty" enum:",core"`
	Kind  string `json:"kind,omitempty" enum:"Service"`
	Name  string `json:"name"`
	// Port is the service's; 0 is its only one.
	Port int `json:"port,omitempty" minimum:"0" maximum:"65535"`
	// Weight is the share; without one it is 1. A weight of 0 gets nothing.
	Weight *int `json:"weight,omitempty" minimum:"0" maximum:"1000000" doc:"The share; 1 without."`
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
	Request kernel.Duration `json:"request,omitzero" doc:"Bounds a call with all its attempts, such as 2s."`
}

// Retry says what is asked again (GEP-1731).
type Retry struct {
	// Codes are statuses of HTTP that are asked again; none is 503 alone. To callers that
	// speak gRPC 429 is RESOURCE_EXHAUSTED, 499 CANCELLED, 500 INTERNAL, 503 UNAVAILABLE and
	// 504 DEADLINE_EXCEEDED.
	Codes []int `json:"codes,omitempty" doc:"Statuses that are asked again; 503 without."`
	// Attempts is how often after the first time.
	Attempts int `json:"attempts" minimum:"1" maximum:"10" doc:"How often after the first time."`
	// Backoff is the least pause between two.
	Backoff kernel.Duration `json:"backoff,omitzero" doc:"The least pause between two, such as 50ms."`
}

// Authorization says who may call; what none allows is refused where the mesh is strict, and
// at a service that any names a rule for.
type Authorization struct {
	// TargetRef is the service that it is for; nil is every one of the stage.
	TargetRef *ParentRef `json:"targetRef,omitempty" doc:"The service that it is for; every one of the stage without."`
	// Rules each allow; none allows nobody.
	Rules []Allow `json:"rules" required:"false" doc:"Each allows; none allows nobody."`
}

// Allow lets callers do something.
type Allow struct {
	// From are the callers; a rule has at least one.
	From []Caller `json:"from" doc:"The callers; at least one."`
	// Methods of HTTP; none is any.
	Methods []string `json:"methods,omitempty" doc:"Methods of HTTP; any without."`
	// Paths are whole ones, or end in /* for all below; none is any. A call of gRPC has the
	// path /package.Service/Method.
	Paths []string `json:"paths,omitempty" doc:"Whole paths, or such that end in /*; any without."`
}

// Caller is who calls: a workload, or a SPIFFE ID.
type Caller struct {
	// Workload is a workload's name, or * for every one of the stage.
	Workload string `json:"workload,omitempty" doc:"A workload, or * for every one of the stage."`
	// Project and Stage are the workload's; those of the document where they are empty.
	Project string `json:"project,omitempty"`
	Stage   string `json:"stage,omitempty"`
	// SPIFFEID is one, or ends in /* for all below.
	SPIFFEID string `json:"spiffeId,omitempty" doc:"One instead of a workload; it may end in /*."`
}

// Mesh says how a stage's services speak to each other.
type Mesh struct {
	// MTLS is Strict or Off.
	MTLS string `json:"mtls" enum:"strict,off"`
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
