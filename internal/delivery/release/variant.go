package release

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Catalog is what serves workloads: all definitions, and the modules.
type Catalog struct {
	index   *graph.Index
	modules graph.ModuleSource
}

// NewCatalog returns a catalog; its error is Invalid where a definition is.
func NewCatalog(definitions []graph.Definition, modules graph.ModuleSource) (Catalog, error) {
	index, err := graph.NewIndex(definitions)
	return Catalog{index: index, modules: modules}, err
}

// variantLabel ends the version of a variant, so that nobody takes it for its original.
const variantLabel = "+variant"

// maxVersion is the longest version, in characters.
const maxVersion = 64

// Variant is the release that the catalog would make of what another runs. It is
// not kept. It asks for no permission: a service that was allowed to do its work
// calls it for that work.
func (s *Service) Variant(of Release, c Catalog) (Release, error) {
	r := Release{
		Scope: of.Scope, Workload: of.Workload, Version: variantVersion(of.Version), Spec: of.Spec,
		Artifacts: of.Artifacts, Images: of.Images, Lock: s.c.Lock, CreatedAt: s.c.Clock.Now(),
	}
	w, err := r.workload()
	if err != nil {
		return r, err
	}
	if err := s.pinFrom(&r, w, c); err != nil {
		return r, err
	}
	return r, r.address()
}

func variantVersion(version string) string {
	return version[:min(len(version), maxVersion-len(variantLabel))] + variantLabel
}

// KeepVariant stores a variant, so that it can be planned.
func (s *Service) KeepVariant(ctx context.Context, r Release) (Release, error) {
	if err := s.c.Authorizer.Authorize(ctx, ActionDeploy, r.Scope); err != nil {
		return Release{}, err
	}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		r.CreatedBy = actor.Name
	}
	return s.number(ctx, r)
}
