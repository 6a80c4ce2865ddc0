package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func (a *application) one(ctx context.Context, it item) (Change, error) {
	change := Change{Class: it.class, Kind: it.kind, Name: it.name, Project: it.scope.Project, Stage: it.scope.Stage}
	var err error
	switch it.class {
	case ClassRoute:
		err = a.route(ctx, it, &change)
	case ClassProduct:
		err = a.product(ctx, it, &change)
	case ClassPolicy:
		err = a.policy(ctx, it, &change)
	}
	if err == nil && change.Outcome != Unchanged {
		a.facts = append(a.facts, a.fact(it, "changed"))
	}
	return change, err
}

func (a *application) route(ctx context.Context, it item, change *Change) error {
	r, err := a.s.sound(it.scope, it.route)
	if err != nil {
		return err
	}
	before, had, err := a.s.routeIn(ctx, it.scope, it.name)
	if err != nil {
		return err
	}
	r.Owner = a.keep.Keeper(before.Owner)
	change.Outcome = outcome(had, had && sameRoute(before, r) && r.Owner == before.Owner)
	if change.Outcome == Unchanged {
		return nil
	}
	if err := a.owned(it, before.Owner, change); err != nil {
		return err
	}
	return a.s.put(ctx, r)
}

// routeIn looks for a route as the transaction sees it.
func (s *Service) routeIn(ctx context.Context, scope kernel.Scope, name string) (Route, bool, error) {
	routes, err := s.Store.Routes(ctx, scope)
	for _, r := range routes {
		if r.Name == name {
			return r, true, err
		}
	}
	return Route{}, false, err
}

func sameRoute(a, b Route) bool {
	left, err := json.Marshal(a)
	right, other := json.Marshal(b)
	return err == nil && other == nil && bytes.Equal(left, right)
}

func (a *application) policy(ctx context.Context, it item, change *Change) error {
	p := it.policy
	p.UpdatedAt = a.s.Clock.Now()
	if err := a.s.checkPolicy(ctx, p); err != nil {
		return err
	}
	all, err := a.s.PolicyStore.Policies(ctx, it.scope)
	if err != nil {
		return err
	}
	before, had := named(all, it.name)
	p.Owner = a.keep.Keeper(before.Owner)
	change.Outcome = outcome(had, had && before.Kind == p.Kind && before.Route == p.Route && before.Owner == p.Owner && sameJSON(before.Spec, p.Spec))
	if change.Outcome == Unchanged {
		return nil
	}
	if err := a.owned(it, before.Owner, change); err != nil {
		return err
	}
	return a.s.PolicyStore.PutPolicy(ctx, p)
}

func named(all []Policy, name string) (Policy, bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

func sameJSON(a, b json.RawMessage) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && reflect.DeepEqual(left, right)
}

// fits looks at an item among all that there is now. One that is as it was has its warnings, too.
func (a *application) fits(ctx context.Context, it item, change *Change) error {
	target := it.policy.Route
	if change.Outcome == "" {
		return nil
	}
	if it.class == ClassPolicy {
		change.warn(it, a.s.policyDoubts(it.policy)...)
	}
	if it.class != ClassRoute && target == "" {
		return nil
	}
	routes, err := a.s.Store.Routes(ctx, it.scope)
	if err != nil {
		return err
	}
	for _, r := range routes {
		switch {
		case it.class == ClassRoute && r.Name == it.name:
			return a.routeFits(ctx, it, r, routes, change)
		case it.class == ClassPolicy && r.Name == target:
			return nil
		}
	}
	if it.class == ClassPolicy {
		change.warn(it, kernel.Problem{Path: "route", Message: "there is no route " + target + " yet: the policy waits for it"})
	}
	return nil
}

// routeFits looks at a route among those of its stage.
func (a *application) routeFits(ctx context.Context, it item, r Route, routes []Route, change *Change) error {
	if change.Outcome != Unchanged {
		if err := a.s.routable(ctx, r); err != nil {
			return err
		}
		if err := conflict(r, routes); err != nil {
			return err
		}
	}
	rounds, err := rounds(ctx, r, routes)
	change.warn(it, append(a.s.doubts(r), rounds...)...)
	return err
}
