package mesh

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// errDry undoes the transaction of a dry run.
var errDry = errors.New("a dry run")

// Options say how documents are changed by hand.
type Options struct {
	// DryRun only tells what would change.
	DryRun bool
	// Owned changes also what a source keeps as it is.
	Owned bool
}

// Apply makes documents be as files say, all of them or none. Scope is that of documents which
// name no project or stage.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, files []meshdoc.File, o Options) ([]Change, error) {
	return s.make(ctx, scope, files, o, nil)
}

// make makes documents be as files say, those of an owner where there is one.
func (s *Service) make(ctx context.Context, scope kernel.Scope, files []meshdoc.File, o Options, keep *ownership.Keeping) ([]Change, error) {
	docs, err := meshdoc.Read(files...)
	if err != nil {
		return nil, err
	}
	a := &application{Service: s, o: o, keep: keep, docs: docs, policies: make([]Policy, len(docs)), changes: make([]Change, len(docs))}
	for i, d := range docs {
		if a.policies[i], err = a.policy(ctx, scope, d); err != nil {
			return nil, d.Placed(err)
		}
	}
	if err := a.judged(ctx); err != nil {
		return nil, err
	}
	strangers, err := s.strangers(ctx, docs, a.policies)
	if err != nil {
		return nil, err
	}
	err = s.Tx.InTx(ctx, a.all)
	if err != nil && !errors.Is(err, errDry) {
		return nil, err
	}
	for i := range a.changes {
		a.changes[i].Warnings = append(a.changes[i].Warnings, strangers[i]...)
	}
	if err == nil {
		s.source().Now(ctx)
	}
	return append(a.dropped, a.changes...), nil
}

// application is one apply under way.
type application struct {
	*Service

	o Options
	// keep is nil where documents are applied by hand.
	keep     *ownership.Keeping
	docs     []meshdoc.Document
	policies []Policy
	// judges refuse documents of the stages that they are applied to.
	judges map[kernel.Scope]func([]meshdoc.Document) error
	// changes are those of the documents, in their order; dropped is what had no document.
	changes, dropped []Change
	facts            []kernel.Fact
}

// all writes what differs in the transaction of ctx; errDry undoes it.
func (a *application) all(ctx context.Context) error {
	if err := a.Store.Hold(ctx); err != nil {
		return err
	}
	if err := a.prune(ctx); err != nil {
		return err
	}
	for i := range a.policies {
		if err := a.put(ctx, i); err != nil {
			return err
		}
	}
	if err := a.tellable(ctx); err != nil {
		return err
	}
	if err := a.bounded(ctx, a.docs, a.policies); err != nil {
		return err
	}
	if err := a.warn(ctx, a.docs, a.policies, a.changes); err != nil {
		return err
	}
	if a.o.DryRun || len(a.facts) == 0 {
		return errDry
	}
	return a.record(ctx, a.facts)
}

func (s *Service) record(ctx context.Context, facts []kernel.Fact) error {
	for _, f := range facts {
		if err := s.Journal.Record(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// policy is what a document makes, which the actor may where it is applied by hand.
func (a *application) policy(ctx context.Context, scope kernel.Scope, d meshdoc.Document) (Policy, error) {
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
	if a.keep == nil {
		if err := a.Authorizer.Authorize(ctx, ActionWrite, scope); err != nil {
			return Policy{}, err
		}
	}
	if err := a.Stages.Check(scope.Stage); err != nil {
		return Policy{}, err
	}
	return Policy{Scope: scope, Kind: d.Kind, Name: d.Name, Spec: d.Spec, UpdatedAt: a.Clock.Now()}, a.callers(scope, d)
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

// put writes a document that differs, and says what became of it.
func (a *application) put(ctx context.Context, i int) error {
	p, c := a.policies[i], &a.changes[i]
	*c = change(p, Created)
	before, err := a.Store.Get(ctx, p.Scope, p.Kind, p.Name)
	p.Owner = a.keep.Keeper(before.Owner)
	switch {
	case kernel.Is(err, kernel.NotFound):
	case err != nil:
		return err
	case before.same(p):
		c.Outcome = Unchanged
		return nil
	default:
		c.Outcome = Changed
	}
	if c.Note, err = a.keep.Change(p.Kind+" "+p.Name, before.Owner, a.o.Owned); err != nil {
		return a.docs[i].Placed(err)
	}
	if err := a.Store.Put(ctx, p); err != nil {
		return err
	}
	a.facts = append(a.facts, a.fact(p, "mesh-policy.changed"))
	return nil
}

func change(p Policy, o Outcome) Change {
	return Change{Kind: p.Kind, Name: p.Name, Project: p.Scope.Project, Stage: p.Scope.Stage, Outcome: o}
}

// fact tells of a change, and of the commit that it comes from.
func (a *application) fact(p Policy, what string) kernel.Fact {
	return kernel.Fact{Type: what, Scope: p.Scope, Subject: p.Name, Reason: a.keep.Reason(), Data: map[string]any{"kind": p.Kind, "name": p.Name}}
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

// Remove removes a document.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, kind, name string, o Options) (Change, error) {
	p := Policy{Scope: scope, Kind: kind, Name: name}
	out := change(p, Deleted)
	if err := s.Authorizer.Authorize(ctx, ActionWrite, scope); err != nil {
		return out, err
	}
	if err := s.Stages.Check(scope.Stage); err != nil {
		return out, err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		a := &application{Service: s, o: o}
		if out.Note, err = a.remove(ctx, p); err != nil {
			return err
		}
		if o.DryRun {
			return errDry
		}
		return s.record(ctx, a.facts)
	})
	if errors.Is(err, errDry) {
		return out, nil
	}
	if err == nil {
		s.source().Now(ctx)
	}
	return out, err
}

// remove removes a document in the transaction of ctx; the note is what is to be known of it.
func (a *application) remove(ctx context.Context, p Policy) (note string, err error) {
	if err := a.Store.Hold(ctx); err != nil {
		return "", err
	}
	before, err := a.Store.Get(ctx, p.Scope, p.Kind, p.Name)
	if err != nil {
		return "", err
	}
	if note, err = a.keep.Change(p.Kind+" "+p.Name, before.Owner, a.o.Owned); err != nil {
		return "", err
	}
	return note, a.drop(ctx, p)
}

func (a *application) drop(ctx context.Context, p Policy) error {
	a.facts = append(a.facts, a.fact(p, "mesh-policy.deleted"))
	return a.Store.Delete(ctx, p.Scope, p.Kind, p.Name)
}
