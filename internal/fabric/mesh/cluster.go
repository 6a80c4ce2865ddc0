package mesh

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Of returns the documents of a stage, for what tells a cluster of them; it asks no actor.
func (s *Service) Of(ctx context.Context, scope kernel.Scope) ([]meshdoc.Document, error) {
	all, err := s.Store.OfStage(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := make([]meshdoc.Document, 0, len(all))
	for _, p := range all {
		out = append(out, p.document())
	}
	return out, nil
}

// Everywhere returns the documents of every stage that has some, as Of does.
func (s *Service) Everywhere(ctx context.Context) (map[kernel.Scope][]meshdoc.Document, error) {
	all, err := s.Store.All(ctx)
	out := map[kernel.Scope][]meshdoc.Document{}
	for _, p := range all {
		out[p.Scope] = append(out[p.Scope], p.document())
	}
	return out, err
}

func (p Policy) document() meshdoc.Document {
	return meshdoc.Document{Kind: p.Kind, Name: p.Name, Project: p.Scope.Project, Stage: p.Scope.Stage, Spec: p.Spec}
}

// tellable refuses what the mesh of a stage's cluster cannot be told, together with what is in
// force already and stays.
func (a *application) tellable(ctx context.Context) error {
	if a.Clusters == nil {
		return nil
	}
	by := map[kernel.Scope][]meshdoc.Document{}
	for i, p := range a.policies {
		by[p.Scope] = append(by[p.Scope], a.docs[i])
	}
	for scope, told := range by {
		kept, err := a.Store.OfStage(ctx, scope)
		if err != nil {
			return err
		}
		for _, p := range kept {
			if !slices.ContainsFunc(a.policies, p.succeeds) && !a.leaves(p) {
				told = append(told, p.document())
			}
		}
		if err := a.Clusters.CheckMesh(ctx, scope, told); err != nil {
			return err
		}
	}
	return nil
}
