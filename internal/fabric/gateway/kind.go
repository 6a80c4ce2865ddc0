package gateway

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

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

// Rememberer is a kind that keeps things of routes longer than a configuration lasts.
type Rememberer interface {
	// KeepRoutes is told after each change which routes there are.
	KeepRoutes(live func(scope kernel.Scope, route string) bool)
}

// Doubter is a kind that tells what is probably not meant with a policy that can be kept.
type Doubter interface {
	// Doubts returns it, each with its place within the spec.
	Doubts(p Policy) []kernel.Problem
}

// policyDoubts are what is probably not meant with a policy.
func (s *Service) policyDoubts(p Policy) []kernel.Problem {
	if d, ok := s.kind(p.Kind).(Doubter); ok {
		return d.Doubts(p)
	}
	return nil
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

func (s *Service) kind(name string) Kind {
	for _, k := range s.Kinds {
		if k.Name() == name {
			return k
		}
	}
	return nil
}

// kindFix says which kind was meant, else which there are.
func (s *Service) kindFix(wrong string) string {
	if len(s.Kinds) == 0 {
		return "this gateway has no kinds of policies"
	}
	known := []string{gatewaydoc.KindRoute, gatewaydoc.KindProduct}
	for _, k := range s.Kinds {
		known = append(known, k.Name())
	}
	if near := yamldoc.Nearest(wrong, known); near != "" {
		return "did you mean " + near + "?"
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
