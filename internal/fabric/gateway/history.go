package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxVersions is how many versions of each route and policy are kept.
const MaxVersions = 50

// Version is what a route or a policy was from a moment on.
type Version struct {
	Number int64 `json:"number"`
	// Kind is empty where it was deleted then.
	Kind string `json:"kind,omitempty"`
	// Target is the one route of a policy.
	Target   string          `json:"target,omitempty"`
	Document json.RawMessage `json:"-"`
	Deleted  bool            `json:"deleted,omitempty"`
	// Author is who made it so; empty is not known.
	Author string `json:"author,omitempty"`
	// Commit is the one of a repository that says so; empty is none.
	Commit string    `json:"commit,omitempty"`
	At     time.Time `json:"at"`
}

// History returns what a route or a policy was, the newest version first.
func (s *Service) History(ctx context.Context, scope kernel.Scope, class Class, name string, page kernel.PageRequest) (kernel.Page[Version], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Version]{}, err
	}
	found, err := s.Library.Versions(ctx, scope, class, name, page)
	if err == nil && len(found.Items) == 0 && page.Cursor == "" {
		return found, none(scope, class, name)
	}
	return found, err
}

// Rollback makes a route or a policy what it was in a version, which becomes a new one.
// Version 0 is the one before the newest.
func (s *Service) Rollback(ctx context.Context, scope kernel.Scope, class Class, name string, number int64, o ApplyOptions) (Change, error) {
	it := item{class: class, name: name, scope: scope, placed: unplaced}
	if err := s.mayChange(ctx, it); err != nil {
		return Change{}, err
	}
	v, err := s.version(ctx, it, number)
	if err != nil {
		return Change{}, err
	}
	it.kind = v.Kind // that of a product, too
	if class == ClassRoute {
		it.kind = gatewaydoc.KindRoute
		if err := json.Unmarshal(v.Document, &it.route); err != nil {
			return Change{}, kernel.Errorf(kernel.Internal, "version %d of route %s cannot be read: %w", v.Number, name, err)
		}
		it.route.Name = name
	} else {
		it.policy = Policy{Scope: scope, Name: name, Kind: v.Kind, Route: v.Target, Spec: v.Document}
	}
	changes, err := s.apply(ctx, []item{it}, o)
	if err != nil {
		return Change{}, err
	}
	return changes[0], nil
}

func (s *Service) version(ctx context.Context, it item, number int64) (Version, error) {
	found, err := s.Library.Versions(ctx, it.scope, it.class, it.name, kernel.PageRequest{Limit: MaxVersions})
	if err != nil {
		return Version{}, err
	}
	unknown := kernel.Errorf(kernel.NotFound, "there is no such version of %s %s", it.class, it.name).
		WithFix("see those that there are with: terrace gateway history %s %s %s", it.class, it.name, placing(it.scope))
	switch {
	case len(found.Items) == 0:
		return Version{}, kernel.Errorf(kernel.NotFound, "there is no %s %s, and was none", it.class, it.name)
	case number == 0 && len(found.Items) == 1:
		return Version{}, kernel.Errorf(kernel.NotFound, "%s %s has one version alone", it.class, it.name).WithFix("delete it, or apply another")
	}
	for i, v := range found.Items {
		switch {
		case number != v.Number && (number != 0 || i != 1):
		case v.Deleted:
			return Version{}, kernel.Errorf(kernel.Refused, "%s %s was deleted in version %d", it.class, it.name, v.Number).
				WithFix("name an earlier version with --to, or delete it")
		default:
			return v, nil
		}
	}
	return Version{}, unknown
}
