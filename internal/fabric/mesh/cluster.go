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

// judged looks at what is deployed where documents are applied: before the transaction, since
// repositories are read.
func (a *application) judged(ctx context.Context) error {
	a.judges = map[kernel.Scope]func([]meshdoc.Document) error{}
	for _, p := range a.policies {
		if a.Clusters == nil || a.judges[p.Scope] != nil {
			continue
		}
		var err error
		if a.judges[p.Scope], err = a.Clusters.JudgeMesh(ctx, p.Scope); err != nil {
			return err
		}
	}
	return nil
}

// tellable refuses what the mesh of a stage's cluster cannot be told: the documents given, and
// with them those that are in force in the transaction of ctx, which has written the given.
func (a *application) tellable(ctx context.Context) error {
	for scope, judge := range a.judges {
		var told []meshdoc.Document
		for i, p := range a.policies {
			if p.Scope == scope {
				told = append(told, a.docs[i])
			}
		}
		all, err := a.Store.OfStage(ctx, scope)
		if err != nil {
			return err
		}
		for _, p := range all {
			if !slices.ContainsFunc(a.policies, p.succeeds) {
				told = append(told, p.document())
			}
		}
		if err := judge(told); err != nil {
			return err
		}
	}
	return nil
}
