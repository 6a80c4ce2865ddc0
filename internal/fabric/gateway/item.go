package gateway

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// item is a route, a policy or a product to be; the document of a product is in policy.
type item struct {
	class      Class
	kind, name string
	scope      kernel.Scope
	route      Route
	policy     Policy
	placed     func(err error) error
}

func itemOf(scope kernel.Scope, d gatewaydoc.Document) item {
	if d.Project != "" {
		scope.Project = d.Project
	}
	if d.Stage != "" {
		scope.Stage = d.Stage
	}
	it := item{class: ClassPolicy, kind: d.Kind, name: d.Name, scope: scope, placed: d.Placed}
	if d.IsRoute() {
		it.class, it.route = ClassRoute, *d.Route
		return it
	}
	if d.IsProduct() {
		it.class = ClassProduct
	}
	it.policy = Policy{Scope: scope, Name: d.Name, Kind: d.Kind, Route: d.Target, Spec: d.Spec}
	return it
}

// action is what an actor needs to change a thing of a scope.
func action(scope kernel.Scope) string {
	if scope.Stage == "" {
		return ActionGovern
	}
	return ActionWrite
}

// mayChange tells whether the actor may change a thing that can be.
func (s *Service) mayChange(ctx context.Context, it item) error {
	if err := it.inScope(); err != nil {
		return it.placed(err)
	}
	if err := s.Authorizer.Authorize(ctx, action(it.scope), it.scope); err != nil {
		return err
	}
	return s.possible(it)
}

// possible refuses a thing that cannot be where it says.
func (s *Service) possible(it item) error {
	if err := it.inScope(); err != nil || it.scope.Stage == "" || s.Stages == nil {
		return err
	}
	return s.Stages.Check(it.scope.Stage)
}

// inScope refuses a thing of a scope that has none of its class.
func (it item) inScope() error {
	if it.class == ClassRoute && (it.scope.Project == "" || it.scope.Stage == "") {
		return kernel.Errorf(kernel.Invalid, "route %s is of no stage", it.name).
			WithFix("name the project and the stage: with --project and --stage, or in the document's metadata")
	}
	if it.scope.Stage != "" && it.scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "policy %s is of a stage without a project", it.name).WithFix("name the project")
	}
	return nil
}
