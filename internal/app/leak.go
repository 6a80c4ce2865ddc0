package app

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	dynconfig "github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// newLeaks makes the room of leaked values. Its rules are read when something is looked
// through first.
func newLeaks(p *platform, a *access) *leak.Service {
	store := leaksql.NewStore(p.db)
	return leak.New(leak.Config{
		Store: store, Values: store, Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Scanner: leakscan.New(),
	})
}

// newLogLeaks has logs of runs looked through for leaked values once the runs have ended.
func newLogLeaks(p *platform, f *fabric, d *delivery) *leaklog.Watcher {
	return leaklog.New(leaklog.Config{Store: leaksql.NewLogs(p.db), Runs: d.logs, Leaks: f.leaks, Node: p.config.Node, Log: p.log})
}

// serviceLogs is how often what services have said is looked through.
const serviceLogs = 10 * time.Second

// newLeakWatch has repositories looked through for leaked values.
func newLeakWatch(p *platform, f *fabric, d *delivery) *leakvcs.Watcher {
	w := leakvcs.New(leakvcs.Config{
		Store: leaksql.NewStore(p.db), Leaks: f.leaks, Repositories: leakTrees{d.repositories}, Branches: deployedBranches{d.repositories, d.sources, d.configs},
		Shipped: f.leaks.Scanner, Log: p.log,
	})
	d.repositories.Listeners, d.repositories.Reviewers, d.repositories.Bound = append(d.repositories.Listeners, w), append(d.repositories.Reviewers, w), w.Bound
	f.leaks.Decided = d.repositories.LookAgain
	return w
}

// leakTrees are a leakvcs.Repositories.
type leakTrees struct{ *vcs.Service }

// RepositoryByID implements leakvcs.Repositories.
func (r leakTrees) RepositoryByID(ctx context.Context, id string) (vcs.Repository, error) {
	return r.Store.RepositoryByID(ctx, id)
}

// deployedBranches are a leakvcs.Branches.
type deployedBranches struct {
	repositories *vcs.Service
	sources      *source.Service
	configs      *dynconfig.Service
}

// Branches implements leakvcs.Branches: the default one, and those that something follows.
func (d deployedBranches) Branches(ctx context.Context, r vcs.Repository) ([]string, error) {
	all := []string{r.DefaultBranch}
	bindings, err := d.repositories.Store.Bindings(ctx, r.Scope, r.ID)
	for _, b := range bindings {
		all = append(all, b.Branch)
	}
	if err != nil {
		return nil, err
	}
	sources, err := d.sources.Store.Of(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	for _, s := range sources {
		all = append(all, s.Branch)
	}
	if err != nil {
		return nil, err
	}
	configs, err := d.configs.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	for _, c := range configs {
		all = append(all, c.Branch)
	}
	return slices.DeleteFunc(all, func(branch string) bool { return branch == "" }), err
}
