package impact

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Modules reads what somebody offers, as a publication would, and knows what there is today.
type Modules interface {
	Candidate(ctx context.Context, scope kernel.Scope, a module.Address, version string, packed io.Reader) (module.Candidate, error)
	Offer(ctx context.Context, scope kernel.Scope, c module.Candidate) (graph.ModulePin, error)
	CandidateDefinitions(ctx context.Context, scope kernel.Scope, sources map[string]string) ([]graph.Definition, error)
	All(ctx context.Context, scope kernel.Scope) ([]graph.Definition, error)
	Source(ctx context.Context, scope kernel.Scope) graph.ModuleSource
}

// Releases knows what is deployed, and what a catalog would make of it.
type Releases interface {
	Variant(of release.Release, c release.Catalog) (release.Release, error)
	KeepVariant(ctx context.Context, r release.Release) (release.Release, error)
	Graph(ctx context.Context, r release.Release, s stage.Stage) (*graph.Graph, *workload.Workload, error)
}

// Store reads releases, of any project.
type Store interface {
	Get(ctx context.Context, scope kernel.Scope, id string) (release.Release, error)
}

// Deployments knows what is deployed in a tenant.
type Deployments interface {
	All(ctx context.Context, tenant string) ([]Deployment, error)
}

// Deployment is a release on a stage.
type Deployment struct {
	Scope    kernel.Scope
	Workload string
	Release  string
}

// Stages is the ordered set of stages.
type Stages interface {
	All() []stage.Stage
	Get(name string) (stage.Stage, error)
}

// Runs plans a release on a stage and changes nothing; it returns the run's id.
type Runs interface {
	Try(ctx context.Context, scope kernel.Scope, workload, release, reason string) (run string, err error)
}

// Service tells blast radii.
type Service struct {
	Modules     Modules
	Releases    Releases
	Store       Store
	Deployments Deployments
	Stages      Stages
	Runs        Runs
}

// OfModule tells what publishing a version of a module would touch. It is for who
// may publish it, and has the errors of a publication.
func (s *Service) OfModule(ctx context.Context, scope kernel.Scope, a module.Address, version string, packed io.Reader, q Query) (Radius, error) {
	candidate, err := s.Modules.Candidate(ctx, scope, a, version, packed)
	if err != nil {
		return Radius{}, err
	}
	definitions, err := s.Modules.All(ctx, scope)
	if err != nil {
		return Radius{}, err
	}
	today := s.Modules.Source(ctx, scope)
	c := comparison{service: s, query: q, why: "what " + a.String() + " " + candidate.Version + " would change"}
	if c.today, err = release.NewCatalog(definitions, today); err != nil {
		return Radius{}, err
	}
	if c.then, err = release.NewCatalog(definitions, candidate.Source(candidate.Pin, today)); err != nil {
		return Radius{}, err
	}
	c.planned = func(ctx context.Context) (release.Catalog, error) {
		pin, err := s.Modules.Offer(ctx, scope, candidate)
		if err != nil {
			return release.Catalog{}, err
		}
		return release.NewCatalog(definitions, candidate.Source(pin, today))
	}
	return c.radius(ctx, scope)
}

// OfDefinitions tells what applying definitions, YAML by name, would touch. It is
// for who may apply them, and has the errors of that.
func (s *Service) OfDefinitions(ctx context.Context, scope kernel.Scope, sources map[string]string, q Query) (Radius, error) {
	then, err := s.Modules.CandidateDefinitions(ctx, scope, sources)
	if err != nil {
		return Radius{}, err
	}
	now, err := s.Modules.All(ctx, scope)
	if err != nil {
		return Radius{}, err
	}
	modules := s.Modules.Source(ctx, scope)
	c := comparison{service: s, query: q, why: "what the changed definitions would change"}
	if c.today, err = release.NewCatalog(now, modules); err != nil {
		return Radius{}, err
	}
	if c.then, err = release.NewCatalog(then, modules); err != nil {
		return Radius{}, err
	}
	c.planned = func(context.Context) (release.Catalog, error) { return c.then, nil }
	return c.radius(ctx, scope)
}
