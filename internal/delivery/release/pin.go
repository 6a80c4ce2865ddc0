package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// pin resolves the workload for every stage and fixes in the release what
// serves it there, and nothing else.
func (s *Service) pin(ctx context.Context, r *Release, w *workload.Workload) error {
	index, err := s.c.Definitions.Index(ctx, r.Scope)
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	return s.pinFrom(r, w, Catalog{index: index, modules: s.finder(ctx, r.Scope)})
}

// pinFrom is pin with what the catalog has.
func (s *Service) pinFrom(r *Release, w *workload.Workload, c Catalog) error {
	p := pinning{find: c.modules.Module, modules: map[graph.ModuleRef]graph.ModulePin{}, used: map[string]bool{}}
	for _, st := range s.c.Stages.All() {
		g, err := c.index.Resolve(w, contextOf(r.Scope, st), graph.ModuleFunc(p.module))
		if err != nil {
			return err
		}
		for _, n := range g.Nodes {
			p.used[n.Definition] = true
		}
		if _, err := p.module(runtimeModule(st)); err != nil {
			return fmt.Errorf("module that runs containers on %s: %w", st.Name, err)
		}
	}
	r.Definitions, r.Modules = p.definitions(c.index.Definitions()), p.pins()
	return nil
}

func contextOf(scope kernel.Scope, st stage.Stage) graph.Context {
	return graph.Context{Tenant: scope.Tenant, Project: scope.Project, Stage: st.Name, Target: st.Target, Runtime: st.Runtime}
}

func (s *Service) finder(ctx context.Context, scope kernel.Scope) graph.ModuleFunc {
	return func(ref graph.ModuleRef) (graph.ModulePin, error) { return s.c.Modules.Resolve(ctx, scope, ref) }
}

// pinning collects what the graphs use.
type pinning struct {
	find    graph.ModuleFunc
	modules map[graph.ModuleRef]graph.ModulePin
	used    map[string]bool
}

// module finds each reference once, so that all stages have the same version.
func (p *pinning) module(ref graph.ModuleRef) (graph.ModulePin, error) {
	if pin, ok := p.modules[ref]; ok {
		return pin, nil
	}
	pin, err := p.find(ref)
	if err == nil {
		p.modules[ref] = pin
	}
	return pin, err
}

func (p *pinning) definitions(all []graph.Definition) []graph.Definition {
	out := []graph.Definition{}
	for _, d := range all {
		if p.used[d.Name] {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b graph.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (p *pinning) pins() []PinnedModule {
	out := []PinnedModule{}
	for ref, pin := range p.modules {
		out = append(out, PinnedModule{Ref: ref, Pin: pin})
	}
	slices.SortFunc(out, func(a, b PinnedModule) int {
		return cmp.Or(cmp.Compare(a.Ref.Source, b.Ref.Source), cmp.Compare(a.Ref.Version, b.Ref.Version))
	})
	return out
}

// Resolved returns what Graph has returned of a release for a stage of late; false where
// that is not known any longer, and the release has to be read.
func (s *Service) Resolved(scope kernel.Scope, id string, st stage.Stage) (g *graph.Graph, w *workload.Workload, known bool) {
	r, known := s.graphs.get(place{id, contextOf(scope, st)})
	return r.graph, r.workload, known
}

// Graph resolves a release for a stage from what the release fixes alone: the
// definitions and modules of today have no part in it. Both are to be read alone.
func (s *Service) Graph(_ context.Context, r Release, st stage.Stage) (*graph.Graph, *workload.Workload, error) {
	key := place{r.ID, contextOf(r.Scope, st)}
	if known, ok := s.graphs.get(key); ok {
		return known.graph, known.workload, nil
	}
	w, err := r.workload()
	if err != nil {
		return nil, nil, err
	}
	g, err := graph.Resolve(w, contextOf(r.Scope, st), r.Definitions, graph.ModuleFunc(r.module))
	if err != nil {
		return nil, nil, fmt.Errorf("release %s on %s: %w", r.ID, st.Name, err)
	}
	if r.ID != "" {
		s.graphs.put(key, resolved{g, w})
	}
	return g, w, nil
}

// runtimeModule is the module that runs the containers of a stage: the function
// service, for the runtime kubernetes wherever that is, else for the target.
func runtimeModule(st stage.Stage) graph.ModuleRef {
	system := st.Target
	if st.Runtime == stage.RuntimeKubernetes {
		system = st.Runtime
	}
	return graph.ModuleRef{Source: "terrace/service/" + system, Version: "~> 1.0"}
}

// Runtime returns the module, as the release fixes it, that runs the
// containers on the stage. Its error is of kind Refused where the release has
// none, because the stage was changed after it.
func (r Release) Runtime(st stage.Stage) (graph.ModulePin, error) { return r.module(runtimeModule(st)) }

func (r Release) module(ref graph.ModuleRef) (graph.ModulePin, error) {
	for _, m := range r.Modules {
		if m.Ref == ref {
			return m.Pin, nil
		}
	}
	return graph.ModulePin{}, kernel.Errorf(kernel.Refused, "release %s has no version of the module %s", r.ID, ref.Source).
		WithFix("the stage was changed after the release was made; deploy the workload again for a new release")
}
