package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// gitOwner begins the owner of what is kept in a repository.
const gitOwner = "git/"

// GitOwner is the owner of what a source keeps in a repository.
func GitOwner(source string) string { return gitOwner + source }

// Keeping says who keeps documents, and of what scope all of them are.
type Keeping struct {
	// Scope is a project, or a tenant for the policies of all its projects.
	Scope kernel.Scope
	// Owner is GitOwner of the source.
	Owner string
	// Commit is the one that says so.
	Commit string
	// Prune deletes what the owner has kept in the scope and the documents no longer have.
	Prune bool
	// DryRun only tells what would change.
	DryRun bool
}

// Keep makes the routes, policies and products that an owner keeps in a project, or for a
// tenant, be as its files say, all of them or none. It is the platform's own door: its callers
// have checked that the owner may act for the scope.
func (s *Service) Keep(ctx context.Context, k Keeping, files []gatewaydoc.File) ([]Change, error) {
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
	if it.scope.Project != a.keep.Scope.Project || slices.ContainsFunc(items, same) {
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
	f := kernel.Fact{Type: factOf(it.class, verb), Scope: it.scope, Subject: it.name}
	if a.keep != nil {
		f.Reason = "commit " + a.keep.Commit + " of " + strings.TrimPrefix(a.keep.Owner, gitOwner)
	}
	return f
}

// keptElsewhere refuses what a workload's Terraform would take from a repository.
func keptElsewhere(r Route, others []Route) error {
	i := slices.IndexFunc(others, func(o Route) bool { return o.Name == r.Name })
	if i < 0 || r.Owner == others[i].Owner || !strings.HasPrefix(others[i].Owner, gitOwner) {
		return nil
	}
	return kernel.Errorf(kernel.Conflict, "route %s is kept by the source %s", r.Name, strings.TrimPrefix(others[i].Owner, gitOwner)).
		WithFix("choose another name, or remove the route from the source's repository")
}

// owned decides about a change of what an owner keeps: the owner itself goes on, nobody
// else's source takes it over, and by hand it is said that it is meant.
func (a *application) owned(it item, owner string, change *Change) error {
	what := string(it.class) + " " + it.name
	switch {
	case owner == "" || a.keep != nil && a.keep.Owner == owner:
		return nil
	case a.keep != nil && owner == route.OwnerTerraform:
		return kernel.Errorf(kernel.Conflict, "%s is kept as it is by a workload's Terraform", what).
			WithFix("choose another name, or leave it to the workload's Score file")
	case a.keep != nil:
		return kernel.Errorf(kernel.Conflict, "%s is kept by the source %s", what, strings.TrimPrefix(owner, gitOwner)).
			WithFix("keep it in one of the two")
	}
	keeper, where, again := "a workload's Terraform", "the workload's Score file", "the workload's next run"
	if source, ok := strings.CutPrefix(owner, gitOwner); ok {
		keeper, where, again = "the source "+source, "the file in its repository", "the source's next reconciliation"
	}
	if !a.o.Owned {
		return kernel.Errorf(kernel.Refused, "%s is kept as it is by %s", what, keeper).
			WithFix("change %s; or change it here with --owned, and %s changes it back", where, again)
	}
	change.Note = keeper + " keeps it: " + again + " changes it back"
	return nil
}

// owner is whose a thing is after a change.
func (a *application) owner(before string) string {
	if a.keep != nil {
		return a.keep.Owner
	}
	return before
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
