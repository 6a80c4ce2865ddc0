package gateway

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Keep makes the routes, policies and products that an owner keeps in a project, or for a
// tenant, be as its files say, all of them or none. It is the platform's own door: its callers
// have checked that the owner may act for the scope.
func (s *Service) Keep(ctx context.Context, k ownership.Keeping, files []gatewaydoc.File) ([]Change, error) {
	for i := range files {
		files[i].Project = k.Scope.Project
	}
	docs, err := gatewaydoc.Read(files...)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(docs))
	for _, d := range docs {
		if k.Scope.Project == "" && (d.Project != "" || d.Stage != "") {
			return nil, d.Placed(kernel.Errorf(kernel.Invalid, "%s is of a project: here are the policies of all projects", d.Name).
				WithFix("put it into the project's own folder, projects/PROJECT/gateway"))
		}
		items = append(items, itemOf(k.Scope, d))
	}
	return s.make(withCommit(ctx, k.Commit), items, ApplyOptions{DryRun: k.DryRun}, &k)
}

// Release has an owner keep nothing of a tenant any longer; all stays as it is.
func (s *Service) Release(ctx context.Context, tenant, owner string) error {
	return s.Owners.Release(ctx, tenant, owner)
}

// prune deletes what the owner keeps in the scope and the items no longer have. It is done
// first, so that a host, a path or a target is free for what takes it over.
func (a *application) prune(ctx context.Context, items []item) error {
	if a.keep == nil || !a.keep.Prune {
		return nil
	}
	routes, policies, err := a.s.Owners.Owned(ctx, a.keep.Scope.Tenant, a.keep.Owner)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if err := a.drop(ctx, items, item{class: ClassRoute, kind: gatewaydoc.KindRoute, name: r.Name, scope: r.Scope}); err != nil {
			return err
		}
	}
	for _, p := range policies {
		class := ClassPolicy
		if p.Kind == gatewaydoc.KindProduct {
			class = ClassProduct
		}
		if err := a.drop(ctx, items, item{class: class, kind: p.Kind, name: p.Name, scope: p.Scope}); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) drop(ctx context.Context, items []item, it item) error {
	same := func(o item) bool { return o.class == it.class && o.name == it.name && o.scope == it.scope }
	if !a.keep.Prunes(a.keep.Owner, it.scope) || slices.ContainsFunc(items, same) {
		return nil
	}
	var err error
	switch it.class {
	case ClassRoute:
		err = a.s.Store.Delete(ctx, it.scope, it.name)
	case ClassPolicy:
		err = a.s.PolicyStore.DeletePolicy(ctx, it.scope, it.name)
	case ClassProduct:
		err = a.s.removeProduct(ctx, it)
	}
	if err != nil {
		return err
	}
	a.gone = append(a.gone, it)
	a.dropped = append(a.dropped, Change{Class: it.class, Kind: it.kind, Name: it.name, Project: it.scope.Project, Stage: it.scope.Stage, Outcome: Deleted})
	a.facts = append(a.facts, a.fact(it, "deleted"))
	return nil
}

// fact tells of a change, and of the commit that it comes from.
func (a *application) fact(it item, verb string) kernel.Fact {
	return kernel.Fact{Type: factOf(it.class, verb), Scope: it.scope, Subject: it.name, Reason: a.keep.Reason()}
}

// keptElsewhere refuses what a workload's Terraform would take from a repository.
func keptElsewhere(r Route, others []Route) error {
	i := slices.IndexFunc(others, func(o Route) bool { return o.Name == r.Name })
	if i < 0 || r.Owner == others[i].Owner {
		return nil
	}
	source, ok := ownership.InRepository(others[i].Owner)
	if !ok {
		return nil
	}
	return kernel.Errorf(kernel.Conflict, "route %s is kept by the source %s", r.Name, source).
		WithFix("choose another name, or remove the route from the source's repository")
}

// owned decides about a change of what an owner keeps.
func (a *application) owned(it item, owner string, change *Change) error {
	note, err := a.keep.Change(string(it.class)+" "+it.name, owner, a.o.Owned)
	if note != "" {
		change.Note = note
	}
	return err
}

type commitKey struct{}

func withCommit(ctx context.Context, commit string) context.Context {
	return context.WithValue(ctx, commitKey{}, commit)
}

// CommitFrom returns the commit that a change comes from, empty where it comes from none.
func CommitFrom(ctx context.Context) string {
	commit, _ := ctx.Value(commitKey{}).(string)
	return commit
}
