package gatewayapi

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// GatewayRoute is a route with its document.
type GatewayRoute struct {
	Name    string `json:"name"`
	Project string `json:"project"`
	Stage   string `json:"stage"`
	// Owner is what keeps the route as it is.
	Owner     string      `json:"owner,omitempty" doc:"What keeps it as it is: terraform, for that of a workload, or git/SOURCE; empty is nobody."`
	UpdatedAt time.Time   `json:"updatedAt"`
	Spec      route.Route `json:"spec"`
}

func routeOf(r gateway.Route) GatewayRoute {
	return GatewayRoute{Name: r.Name, Project: r.Scope.Project, Stage: r.Scope.Stage, Owner: r.Owner, UpdatedAt: r.UpdatedAt, Spec: r}
}

// GatewayPolicy is a policy with its document.
type GatewayPolicy struct {
	Name      string         `json:"name"`
	Kind      string         `json:"kind"`
	Project   string         `json:"project,omitempty"`
	Stage     string         `json:"stage,omitempty"`
	Route     string         `json:"route,omitempty" doc:"The one route that it is for."`
	Owner     string         `json:"owner,omitempty" doc:"What keeps it as it is: git/SOURCE; empty is nobody."`
	UpdatedAt time.Time      `json:"updatedAt"`
	Spec      map[string]any `json:"spec" doc:"What the kind reads."`
}

func policyOf(p gateway.Policy) (GatewayPolicy, error) {
	out := GatewayPolicy{Name: p.Name, Kind: p.Kind, Project: p.Scope.Project, Stage: p.Scope.Stage, Route: p.Route, Owner: p.Owner, UpdatedAt: p.UpdatedAt}
	if err := json.Unmarshal(p.Spec, &out.Spec); err != nil {
		return out, kernel.Errorf(kernel.Internal, "the spec of policy %s cannot be read: %w", p.Name, err)
	}
	return out, nil
}

type routesInput struct {
	OfStage
	httpserver.PageParams
	Host string `query:"host" maxLength:"253" doc:"Only those that name this host."`
}

type routesOutput struct{ Body kernel.Page[GatewayRoute] }

func (a API) routes(ctx context.Context, in *routesInput) (*routesOutput, error) {
	page, err := a.Gateway.Routes(ctx, in.Scope(ctx), in.Host, in.Page())
	out := kernel.Page[GatewayRoute]{Items: []GatewayRoute{}, Next: page.Next}
	for _, r := range page.Items {
		out.Items = append(out.Items, routeOf(r))
	}
	return &routesOutput{Body: out}, err
}

// RoutePath names a route.
type RoutePath struct {
	OfStage
	Route string `path:"route" maxLength:"253" doc:"The route's name."`
}

type routeOutput struct{ Body GatewayRoute }

func (a API) route(ctx context.Context, in *RoutePath) (*routeOutput, error) {
	r, err := a.Gateway.Look(ctx, in.Scope(ctx), in.Route)
	return &routeOutput{Body: routeOf(r)}, err
}

type putRouteInput struct {
	RoutePath
	Options
	Body route.Route
}

func (a API) putRoute(ctx context.Context, in *putRouteInput) (*changeOutput, error) {
	return a.one(ctx, in.Scope(ctx), map[string]any{
		"apiVersion": gatewaydoc.APIVersion, "kind": gatewaydoc.KindRoute, "metadata": map[string]string{"name": in.Route}, "spec": in.Body,
	}, in.Options)
}

// inBody takes away the places of problems: a body has no lines that a caller knows.
func inBody(err error) error {
	if told, ok := errors.AsType[*kernel.Error](err); ok {
		for i := range told.Problems {
			told.Problems[i].File, told.Problems[i].Line, told.Problems[i].Column = "", 0, 0
		}
	}
	return err
}

type removeRouteInput struct {
	RoutePath
	Options
}

func (a API) deleteRoute(ctx context.Context, in *removeRouteInput) (*changeOutput, error) {
	change, err := a.Gateway.Remove(ctx, in.Scope(ctx), gateway.ClassRoute, in.Route, in.options())
	return &changeOutput{Body: change}, err
}

type policiesInput struct {
	Where
	httpserver.PageParams
	Kind  string `query:"kind" maxLength:"63" doc:"Only those of this kind."`
	Route string `query:"route" maxLength:"253" doc:"Only those for this one route."`
}

type policiesOutput struct{ Body kernel.Page[GatewayPolicy] }

func (a API) policies(ctx context.Context, in *policiesInput) (*policiesOutput, error) {
	page, err := a.Gateway.ListPolicies(ctx, in.Scope(ctx), in.Kind, in.Route, in.Page())
	out := kernel.Page[GatewayPolicy]{Items: []GatewayPolicy{}, Next: page.Next}
	for _, p := range page.Items {
		one, unreadable := policyOf(p)
		if unreadable != nil {
			return nil, unreadable
		}
		out.Items = append(out.Items, one)
	}
	return &policiesOutput{Body: out}, err
}

// PolicyPath names a policy.
type PolicyPath struct {
	Where
	Policy string `path:"policy" maxLength:"253" doc:"The policy's name."`
}

type policyOutput struct{ Body GatewayPolicy }

func (a API) policy(ctx context.Context, in *PolicyPath) (*policyOutput, error) {
	p, err := a.Gateway.LookPolicy(ctx, in.Scope(ctx), in.Policy)
	if err != nil {
		return nil, err
	}
	out, err := policyOf(p)
	return &policyOutput{Body: out}, err
}

type putPolicyInput struct {
	PolicyPath
	Options
	Body struct {
		Kind  string         `json:"kind" maxLength:"63" doc:"The kind, such as RateLimitPolicy."`
		Route string         `json:"route,omitempty" maxLength:"253" doc:"The one route that it is for; all of its scope unless given."`
		Spec  map[string]any `json:"spec" doc:"What the kind reads."`
	}
}

func (a API) putPolicy(ctx context.Context, in *putPolicyInput) (*changeOutput, error) {
	spec := map[string]any{}
	for k, v := range in.Body.Spec {
		spec[k] = v
	}
	if in.Body.Route != "" {
		spec["targetRef"] = map[string]string{"route": in.Body.Route}
	}
	return a.one(ctx, in.Scope(ctx), map[string]any{
		"apiVersion": gatewaydoc.APIVersion, "kind": in.Body.Kind, "metadata": map[string]string{"name": in.Policy}, "spec": spec,
	}, in.Options)
}

type removePolicyInput struct {
	PolicyPath
	Options
}

func (a API) deletePolicy(ctx context.Context, in *removePolicyInput) (*changeOutput, error) {
	change, err := a.Gateway.Remove(ctx, in.Scope(ctx), gateway.ClassPolicy, in.Policy, in.options())
	return &changeOutput{Body: change}, err
}
