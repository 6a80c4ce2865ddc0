package mesh

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// errDry undoes the transaction of a dry run.
var errDry = errors.New("a dry run")

// Apply makes documents be as files say, all of them or none. Scope is that of documents which
// name no project or stage. A dry run only tells what would change.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, files []meshdoc.File, dryRun bool) ([]Change, error) {
	docs, err := meshdoc.Read(files...)
	if err != nil {
		return nil, err
	}
	policies := make([]Policy, len(docs))
	for i, d := range docs {
		if policies[i], err = s.policy(ctx, scope, d); err != nil {
			return nil, d.Placed(err)
		}
	}
	if err := s.tellable(ctx, docs, policies); err != nil {
		return nil, err
	}
	changes := make([]Change, len(docs))
	changed := false
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Hold(ctx); err != nil {
			return err
		}
		facts, err := s.putAll(ctx, policies, changes)
		if err != nil {
			return err
		}
		if err := s.bounded(ctx, docs, policies); err != nil {
			return err
		}
		if err := s.warn(ctx, docs, policies, changes); err != nil {
			return err
		}
		changed = len(facts) > 0
		if dryRun || !changed {
			return errDry
		}
		return s.record(ctx, facts)
	})
	if err != nil && !errors.Is(err, errDry) {
		return nil, err
	}
	if err == nil {
		s.source().Now(ctx)
	}
	return changes, nil
}

func (s *Service) record(ctx context.Context, facts []kernel.Fact) error {
	for _, f := range facts {
		if err := s.Journal.Record(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// policy is what a document makes, which the actor may.
func (s *Service) policy(ctx context.Context, scope kernel.Scope, d meshdoc.Document) (Policy, error) {
	if d.Project != "" {
		scope.Project = d.Project
	}
	if d.Stage != "" {
		scope.Stage = d.Stage
	}
	if scope.Project == "" || scope.Stage == "" {
		return Policy{}, kernel.Errorf(kernel.Invalid, "%s %s is of no stage", d.Kind, d.Name).
			WithFix("name the project and the stage: with --project and --stage, or in the document's metadata")
	}
	if err := s.Authorizer.Authorize(ctx, ActionWrite, scope); err != nil {
		return Policy{}, err
	}
	if err := s.Stages.Check(scope.Stage); err != nil {
		return Policy{}, err
	}
	return Policy{Scope: scope, Kind: d.Kind, Name: d.Name, Spec: d.Spec, UpdatedAt: s.Clock.Now()}, s.callers(scope, d)
}

// callers refuses SPIFFE IDs that no workload of the tenant can have.
func (s *Service) callers(scope kernel.Scope, d meshdoc.Document) error {
	if d.Authorization == nil {
		return nil
	}
	own := "spiffe://" + s.Domain + "/tenant/" + scope.Tenant + "/"
	for i, r := range d.Authorization.Rules {
		for j, f := range r.From {
			if f.SPIFFEID == "" || strings.HasPrefix(f.SPIFFEID, own) {
				continue
			}
			path := "spec.rules[" + strconv.Itoa(i) + "].from[" + strconv.Itoa(j) + "].spiffeId"
			return kernel.Errorf(kernel.Invalid, "the documents are not valid").WithProblems(kernel.Problem{
				Path: path, Message: f.SPIFFEID + " is no workload of the tenant", Fix: "write one that begins with " + own,
			})
		}
	}
	return nil
}

// putAll writes what differs, and says of each document what became of it.
func (s *Service) putAll(ctx context.Context, policies []Policy, changes []Change) (facts []kernel.Fact, err error) {
	for i, p := range policies {
		changes[i] = Change{Kind: p.Kind, Name: p.Name, Project: p.Scope.Project, Stage: p.Scope.Stage, Outcome: Created}
		before, err := s.Store.Get(ctx, p.Scope, p.Kind, p.Name)
		switch {
		case kernel.Is(err, kernel.NotFound):
		case err != nil:
			return nil, err
		case before.same(p):
			changes[i].Outcome = Unchanged
			continue
		default:
			changes[i].Outcome = Changed
		}
		if err := s.Store.Put(ctx, p); err != nil {
			return nil, err
		}
		facts = append(facts, fact(p, "mesh-policy.changed"))
	}
	return facts, nil
}

func fact(p Policy, what string) kernel.Fact {
	return kernel.Fact{Type: what, Scope: p.Scope, Subject: p.Name, Data: map[string]any{"kind": p.Kind, "name": p.Name}}
}

// bounded refuses more documents than a stage may have.
func (s *Service) bounded(ctx context.Context, docs []meshdoc.Document, policies []Policy) error {
	for i, p := range policies {
		if i > 0 && policies[i-1].Scope == p.Scope {
			continue
		}
		all, err := s.Store.OfStage(ctx, p.Scope)
		if err != nil {
			return err
		}
		if len(all) > MaxOfStage {
			return docs[i].Placed(kernel.Errorf(kernel.TooLarge, "the stage %s would have %d documents of the mesh, more than the %d allowed", p.Scope.Stage, len(all), MaxOfStage).
				WithFix("remove some with: terrace mesh delete"))
		}
	}
	return nil
}

// warn tells of authorization that nobody can fulfil, since nobody proves who they are.
func (s *Service) warn(ctx context.Context, docs []meshdoc.Document, policies []Policy, changes []Change) error {
	for i, p := range policies {
		if p.Authorization == nil {
			continue
		}
		all, err := s.Store.OfStage(ctx, p.Scope)
		if err != nil {
			return err
		}
		if !NewTable(p.Scope, s.Domain, all).Strict() {
			changes[i].Warnings = append(changes[i].Warnings, docs[i].Warn(meshdoc.AtRules,
				"apply a "+meshdoc.KindMesh+" with mtls: "+meshdoc.Strict,
				"the mesh of the stage is not strict: nobody proves who calls, and the services that the policy is for refuse every call"))
		}
	}
	return nil
}

// Remove removes a document. A dry run only tells what would change.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, kind, name string, dryRun bool) (Change, error) {
	out := Change{Kind: kind, Name: name, Project: scope.Project, Stage: scope.Stage, Outcome: Deleted}
	if err := s.Authorizer.Authorize(ctx, ActionWrite, scope); err != nil {
		return out, err
	}
	if err := s.Stages.Check(scope.Stage); err != nil {
		return out, err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Hold(ctx); err != nil {
			return err
		}
		if err := s.Store.Delete(ctx, scope, kind, name); err != nil {
			return err
		}
		if dryRun {
			return errDry
		}
		return s.Journal.Record(ctx, fact(Policy{Scope: scope, Kind: kind, Name: name}, "mesh-policy.deleted"))
	})
	if errors.Is(err, errDry) {
		return out, nil
	}
	if err == nil {
		s.source().Now(ctx)
	}
	return out, err
}
