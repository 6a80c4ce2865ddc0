package gateway

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
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
	if !route.ValidName(p.Name) {
		problems = append(problems, kernel.Problem{Path: "name", Message: strconv.Quote(p.Name) + " is not a name for a policy", Fix: route.NameFix})
	}
	if p.Route != "" && p.Scope.Stage == "" {
		problems = append(problems, kernel.Problem{Path: "route", Message: "a policy of a whole project cannot be for one route", Fix: "put it on the route's stage"})
	}
	if len(p.Spec) > maxSpec {
		problems = append(problems, kernel.Problem{Path: "spec", Message: "the spec is larger than " + strconv.Itoa(maxSpec) + " bytes"})
	}
	kind := s.kind(p.Kind)
	if kind == nil {
		problems = append(problems, kernel.Problem{Path: "kind", Message: "there is no kind of policy " + strconv.Quote(p.Kind), Fix: s.kindFix(p.Kind)})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "policy %s is not valid", p.Name).WithProblems(problems...)
	}
	_, err := kind.Compile(ctx, p, Attachment{})
	return err
}
