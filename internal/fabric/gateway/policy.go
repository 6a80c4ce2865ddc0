package gateway

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Policy says what one kind of filter does for the routes that it is attached
// to: those of its scope, or one of them. Of each kind a route has the policy
// that is attached most closely, whole: its own, else its stage's, else its
// project's, else its tenant's (as the Gateway API has it, GEP-713).
type Policy struct {
	// Scope is whose policy it is; an empty stage is every stage of the project,
	// an empty project every project of the tenant.
	Scope kernel.Scope
	// Name identifies the policy within its scope.
	Name string
	// Kind names the kind of filter, such as RateLimitPolicy.
	Kind string
	// Route names the one route of the scope that it is for; empty is for all.
	Route string
	// Spec is what the kind reads.
	Spec json.RawMessage
	// Owner is what keeps the policy as it is, such as a repository; empty is nobody
	// but those who apply documents.
	Owner     string
	UpdatedAt time.Time
}

// Kind is a kind of filter. It lives as long as the gateway; what a filter has
// to remember over changes of the configuration, such as a count, is kept by
// its kind, under the policy's scope and name.
type Kind interface {
	// Name is the kind's name in documents.
	Name() string
	// Compile reads a policy's spec, strictly, and makes its filter for a route.
	// Everything that is wrong is told at once, as problems of an Invalid error
	// whose paths begin within the spec. It must not wait for anything outside.
	Compile(ctx context.Context, p Policy, at Attachment) (exchange.Filter, error)
}

// Attachment is the route that a filter is made for. It is empty where a policy
// is only checked.
type Attachment struct {
	Scope kernel.Scope
	Route string
	Hosts []string
	// Version changes with each change of the route.
	Version string
	// Policies are all that the route has, one of each kind.
	Policies []Policy
}

// maxSpec bounds a policy's spec, in bytes.
const maxSpec = 256 << 10

// PutPolicy keeps a policy and has it obeyed from then on.
func (s *Service) PutPolicy(ctx context.Context, scope kernel.Scope, p Policy) (Policy, error) {
	p.Scope, p.UpdatedAt = scope, s.Clock.Now()
	if err := s.checkPolicy(ctx, p); err != nil {
		return Policy{}, err
	}
	return p, s.change(ctx, scope, p.Name, "gateway-policy.changed", func(ctx context.Context) error {
		return s.PolicyStore.PutPolicy(ctx, p)
	})
}

// DeletePolicy removes a policy; what is not there is no error.
func (s *Service) DeletePolicy(ctx context.Context, scope kernel.Scope, name string) error {
	return s.change(ctx, scope, name, "gateway-policy.deleted", func(ctx context.Context) error {
		return s.PolicyStore.DeletePolicy(ctx, scope, name)
	})
}

// Policies returns the policies of a scope itself, by name.
func (s *Service) Policies(ctx context.Context, scope kernel.Scope) ([]Policy, error) {
	return s.PolicyStore.Policies(ctx, scope)
}

func (s *Service) checkPolicy(ctx context.Context, p Policy) error {
	var problems []kernel.Problem
	if p.Name == "" || len(p.Name) > 253 {
		problems = append(problems, kernel.Problem{Path: "name", Message: "the policy has no name, or a too long one"})
	}
	if p.Route != "" && p.Scope.Stage == "" {
		problems = append(problems, kernel.Problem{Path: "route", Message: "a policy of a whole project cannot be for one route", Fix: "put it on the route's stage"})
	}
	if len(p.Spec) > maxSpec {
		problems = append(problems, kernel.Problem{Path: "spec", Message: "the spec is larger than " + strconv.Itoa(maxSpec) + " bytes"})
	}
	kind := s.kind(p.Kind)
	if kind == nil {
		problems = append(problems, kernel.Problem{Path: "kind", Message: "there is no kind of policy " + strconv.Quote(p.Kind), Fix: s.kindFix()})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "policy %s is not valid", p.Name).WithProblems(problems...)
	}
	_, err := kind.Compile(ctx, p, Attachment{})
	return err
}

func (s *Service) kind(name string) Kind {
	for _, k := range s.Kinds {
		if k.Name() == name {
			return k
		}
	}
	return nil
}

// kindFix says which kinds there are.
func (s *Service) kindFix() string {
	if len(s.Kinds) == 0 {
		return "this gateway has no kinds of policies"
	}
	names := "use one of "
	for i, k := range s.Kinds {
		if i > 0 {
			names += ", "
		}
		names += k.Name()
	}
	return names
}

// chosen returns the policies that a route has, in the order of the kinds.
func (s *Service) chosen(r Route, policies map[kernel.Scope][]Policy) []Policy {
	var out []Policy
	for _, k := range s.Kinds {
		if p, ok := closest(r, k.Name(), policies); ok {
			out = append(out, p)
		}
	}
	return out
}

func closest(r Route, kind string, policies map[kernel.Scope][]Policy) (Policy, bool) {
	scopes := []kernel.Scope{r.Scope, {Tenant: r.Scope.Tenant, Project: r.Scope.Project}, {Tenant: r.Scope.Tenant}}
	for _, route := range []string{r.Name, ""} {
		for _, scope := range scopes {
			of := policies[scope]
			if i := slices.IndexFunc(of, func(p Policy) bool { return p.Kind == kind && p.Route == route }); i >= 0 {
				return of[i], true
			}
			if route != "" {
				break // one route's policy lies in its own scope
			}
		}
	}
	return Policy{}, false
}

// filters makes the filters of a route. A policy that cannot be compiled any
// more takes nothing else along: the route keeps what it had before, and
// without anything before it is closed.
func (s *Service) filters(ctx context.Context, r Route, chosen []Policy) ([]exchange.Filter, error) {
	var out []exchange.Filter
	for _, p := range chosen {
		f, err := s.kind(p.Kind).Compile(ctx, p, Attachment{
			Scope: r.Scope, Route: r.Name, Hosts: r.Hosts, Version: r.UpdatedAt.UTC().Format(time.RFC3339Nano), Policies: chosen,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// closed answers for a route whose policies cannot be obeyed.
func closed(exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		x.Unavailable("gateway", 30, "Route closed", "A policy of this route cannot be obeyed.", "")
	}
}

// Specified is a kind that tells what its documents are like.
type Specified interface {
	// Spec returns the zero value of what the kind reads a spec into.
	Spec() any
}

// Size is a number of bytes, or a text such as 512Ki, 64Mi or 1Gi, in what a kind reads
// a spec into.
type Size any

// KindSpec is a kind by its name with what it reads a spec into; nil is not told.
type KindSpec struct {
	Name string
	Spec any
}

// Specs returns the kinds of policies in the order in which a request meets them.
func (s *Service) Specs(ctx context.Context) ([]KindSpec, error) {
	actor, _ := kernel.ActorFrom(ctx)
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: actor.Tenant}); err != nil {
		return nil, err
	}
	out := make([]KindSpec, 0, len(s.Kinds))
	for _, k := range s.Kinds {
		one := KindSpec{Name: k.Name()}
		if told, ok := k.(Specified); ok {
			one.Spec = told.Spec()
		}
		out = append(out, one)
	}
	if s.Products != nil {
		out = append(out, KindSpec{Name: gatewaydoc.KindProduct, Spec: s.Products.Spec()})
	}
	return out, nil
}

// Rememberer is a kind that keeps things of routes longer than a configuration lasts.
type Rememberer interface {
	// KeepRoutes is told after each change which routes there are.
	KeepRoutes(live func(scope kernel.Scope, route string) bool)
}

// tellKinds tells the kinds that remember routes which there are.
func (s *Service) tellKinds() {
	for _, k := range s.Kinds {
		if r, ok := k.(Rememberer); ok {
			r.KeepRoutes(s.Serves)
		}
	}
}

// Serves tells whether there is a route.
func (s *Service) Serves(scope kernel.Scope, route string) bool {
	return s.table.Load().names[entryKey{scope, route}]
}

// Holding returns the policy of a kind that holds for a route of a stage.
func (s *Service) Holding(ctx context.Context, scope kernel.Scope, route, kind string) (Policy, error) {
	r, err := s.Look(ctx, scope, route)
	if err != nil {
		return Policy{}, err
	}
	all := map[kernel.Scope][]Policy{}
	for _, of := range []kernel.Scope{scope, {Tenant: scope.Tenant, Project: scope.Project}, {Tenant: scope.Tenant}} {
		if all[of], err = s.PolicyStore.Policies(ctx, of); err != nil {
			return Policy{}, err
		}
	}
	p, ok := closest(r, kind, all)
	if !ok {
		return Policy{}, kernel.Errorf(kernel.NotFound, "no %s holds for route %s", kind, route).WithFix("apply one first: terrace gateway apply -f FILE")
	}
	if err := s.Authorizer.Authorize(ctx, ActionRead, p.Scope); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// Attached is a policy with the route that it holds for.
type Attached struct {
	Policy Policy
	// Scope and Route name the route.
	Scope kernel.Scope
	Route string
}

// Attached returns the policies of a kind with the routes that they hold for, as they
// are served.
func (s *Service) Attached(kind string) []Attached {
	var out []Attached
	for _, e := range s.table.Load().entries {
		for _, p := range e.policies {
			if p.Kind == kind {
				out = append(out, Attached{Policy: p, Scope: e.Scope, Route: e.Name})
			}
		}
	}
	return out
}
