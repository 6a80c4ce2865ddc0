package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// GetRoot returns the root module that a run plans and applies, as terraform
// gets it. It holds no secret. A run that was planned with a root module which
// this version of Terrace, or today's tags of the project, would render in
// another way is refused as Stale: what is not certain is not shown.
func (s *Service) GetRoot(ctx context.Context, scope kernel.Scope, id string) (Root, error) {
	r, err := s.Get(ctx, scope, id)
	if err != nil {
		return Root{}, err
	}
	m, err := s.material(kernel.WithActor(ctx, kernel.System("run", scope.Tenant)), r)
	if err != nil || r.Dossier == "" {
		return m.root, err
	}
	d, err := s.Store.Dossier(ctx, r.Scope, r.ID, r.Dossier)
	if err != nil {
		return Root{}, err
	}
	if m.root.Digest != d.Root && m.bare != d.Root { // what is adopted is known only later
		return Root{}, kernel.Errorf(kernel.Stale, "the root module of %s is rendered in another way today than when it was planned", id).
			WithFix("deploy the release %s again to have it rendered anew", r.Release.ID)
	}
	return m.root, nil
}
