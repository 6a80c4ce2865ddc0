package budget_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var (
	acme = kernel.Scope{Tenant: "acme"}
	dev  = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
)

// bench is a budget service on a real database with hand-written rooms around it.
type bench struct {
	*budget.Service

	mu       sync.Mutex
	now      time.Time
	denied   string
	facts    []kernel.Fact
	deployed []budget.Stack
	ended    []string
	unseen   string // is a project that nobody reads
	paid     map[string]focus.Paid
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{budgetsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newBench(d)) })
}

// newBench is in the middle of a month of 30 days.
func newBench(d *db.DB) *bench {
	b := &bench{now: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), paid: map[string]focus.Paid{}}
	b.Service = budget.New(budget.Config{
		Store: budgetsql.NewStore(d), Bills: b, Estate: b, Stages: b, Authorizer: b, Tenants: b, Journal: b, Tx: d, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Unpriced: budget.Warn,
	})
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) set(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = at
}

func (b *bench) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == b.denied || scope.Project != "" && scope.Project == b.unseen || scope.Tenant != "acme" {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

// Allowed reaches all, or shop, blog and secret where there is a project that nobody reads.
func (b *bench) Allowed(_ context.Context, action string, scope kernel.Scope) (kernel.Reach, error) {
	reach := kernel.Reach{All: b.unseen == "", Anywhere: true}
	for _, project := range []string{"shop", "blog", "secret"} {
		if project != b.unseen {
			reach.Projects = append(reach.Projects, project)
		}
	}
	if action == b.denied || scope.Tenant != "acme" {
		reach = kernel.Reach{}
	}
	return reach, nil
}

func (b *bench) Exists(_ context.Context, scope kernel.Scope) error {
	if scope.Project == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no %s", scope)
	}
	return nil
}

func (b *bench) Check(stage string) error {
	if stage == "nope" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

func (b *bench) Record(ctx context.Context, f kernel.Fact) error {
	if !db.InTransaction(ctx) {
		return fmt.Errorf("the fact %s is outside of a transaction", f.Type)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts = append(b.facts, f)
	return nil
}

// told returns how often each type of fact was recorded since the last call.
func (b *bench) told() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	types := map[string]int{}
	for _, f := range b.facts {
		types[f.Type]++
	}
	b.facts = nil
	return types
}

func (b *bench) Deployed(context.Context, string) ([]budget.Stack, error) { return b.deployed, nil }

func (b *bench) Underway(_ context.Context, runs []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(runs), func(run string) bool { return slices.Contains(b.ended, run) }), nil
}

func (b *bench) Paid(_ context.Context, _, month string) (focus.Paid, error) {
	return b.paid[month], nil
}

func ada() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

func amount(t *testing.T, s string) focus.Amount {
	t.Helper()
	a, _, err := focus.ParseAmount(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// budget sets one; what is empty has a default.
func (b *bench) budget(t *testing.T, in budget.Budget, dollars string) budget.Budget {
	t.Helper()
	in.Amount = amount(t, dollars)
	if in.Name == "" {
		in.Name = "all"
	}
	done, err := b.Set(ada(), acme, in, "")
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// adds is a run that brings a workload on dev from one figure a month to another.
func adds(run, workload string, before, after float64) budget.Change {
	return budget.Change{
		Stack: budget.Stack{Scope: dev, Workload: workload}, Run: run, Currency: "USD", Before: before, After: after,
		Largest: []budget.Share{{Address: "azurerm_managed_disk.a", Delta: after - before}},
	}
}

func (b *bench) hold(t *testing.T, c budget.Change) budget.Verdict {
	t.Helper()
	v, err := b.Hold(ada(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// runs has a workload run on dev since a moment, for so much a month.
func (b *bench) runs(t *testing.T, workload string, since time.Time, monthly float64) {
	t.Helper()
	now := b.clock()
	b.set(since)
	run := "run_" + workload + since.Format("0102")
	b.hold(t, adds(run, workload, 0, monthly))
	for _, step := range []budget.Step{budget.Applying, budget.Applied, budget.Ended} {
		if err := b.Follow(ada(), run, step, false); err != nil {
			t.Fatal(err)
		}
	}
	b.set(now)
}

func rules(v budget.Verdict) (all []string) {
	for _, f := range v.Findings {
		all = append(all, f.Rule)
	}
	slices.Sort(all)
	return all
}
