package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	dynconfig "github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// newLeaks makes the room of leaked values. Its rules are read when something is looked
// through first.
func newLeaks(p *platform, a *access) *leak.Service {
	store := leaksql.NewStore(p.db)
	return leak.New(leak.Config{
		Store: store, Apart: store, Values: store, Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Scanner: leakscan.New(), Log: p.log,
	})
}

// newLogLeaks has logs of runs looked through for leaked values once the runs have ended.
func newLogLeaks(p *platform, f *fabric, d *delivery) *leaklog.Watcher {
	return leaklog.New(leaklog.Config{Store: leaksql.NewLogs(p.db), Runs: d.logs, Leaks: f.leaks, Asker: d.asker, Node: p.config.Node, Log: p.log})
}

// asker is who asked for a run, "" where it is not known any more.
func (d *delivery) asker(ctx context.Context, scope kernel.Scope, id string) (string, error) {
	r, err := d.runs.Store.Get(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) {
		return "", nil
	}
	return behind(r), err
}

// behind is the name of who is behind a run.
func behind(r run.Run) string {
	if r.Initiator != nil {
		return r.Initiator.Name
	}
	return r.RequestedBy.Name
}

// logIndex is the index of the logs of runs. What was found in a log ends with it.
type logIndex struct {
	*runsql.Store

	tx    leak.Tx
	leaks *leak.Service
}

// RemoveLogParts implements runlog.Index.
func (i logIndex) RemoveLogParts(ctx context.Context, parts []run.LogPart, at time.Time) error {
	return i.tx.InTx(ctx, func(ctx context.Context) error {
		if err := i.Store.RemoveLogParts(ctx, parts, at); err != nil {
			return err
		}
		runs := map[string]bool{}
		for _, p := range parts {
			runs[p.Run] = true
		}
		for _, id := range slices.Sorted(maps.Keys(runs)) {
			if err := i.removed(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// removed ends what was found in the log of a run, unless something of it is there.
func (i logIndex) removed(ctx context.Context, id string) error {
	left, err := i.LogParts(ctx, id)
	if err != nil || slices.ContainsFunc(left, func(p run.LogPart) bool { return p.Removed.IsZero() }) {
		return err
	}
	r, err := i.RunByID(ctx, id)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return i.leaks.Gone(ctx, r.Scope, leak.Place{Kind: leak.Log, Workload: r.Workload, Run: id}, "the log is gone, as it was kept for as long as runLogKeep of the configuration says")
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
