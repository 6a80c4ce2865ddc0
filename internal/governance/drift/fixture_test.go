package drift_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var (
	shop = kernel.Scope{Tenant: "acme", Project: "shop"}
	dev  = shop.InStage("dev")
)

// bench is a drift service on a real database with hand-written rooms around it.
type bench struct {
	*drift.Service
	store *driftsql.Store

	mu       sync.Mutex
	now      time.Time
	denied   string
	reach    *kernel.Reach
	facts    []kernel.Fact
	causes   []string
	deployed []drift.Deployed
	outside  *tfjson.Plan
	next     *tfjson.Plan
	looks    int
	fails    error
	idle     int
	who      []drift.Activity
	asked    []drift.ActivityQuery
	runs     []string
	// during is called in the middle of each look.
	during func()
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{driftsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

func newBench(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{
		store: driftsql.NewStore(d), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), idle: 4,
		deployed: []drift.Deployed{{Scope: dev, Workload: "orders"}}, outside: &tfjson.Plan{},
	}
	b.Service = b.another(t, d)
	return b
}

// another is a service of another process on the same database.
func (b *bench) another(t *testing.T, d *db.DB) *drift.Service {
	t.Helper()
	stages := stage.Default()
	stages[0].Drift = stage.Drift{Every: 6 * time.Hour, Rules: []stage.DriftRule{{Name: "ours", Attribute: "size", Severity: stage.SeverityHigh}}}
	set, err := stage.NewSet(stages)
	if err != nil {
		t.Fatal(err)
	}
	s, err := drift.NewService(drift.Deps{
		Tx: d, Store: driftsql.NewStore(d), Authorizer: b, Journal: b, Stages: set, Inspector: b, Runs: b, Deployments: b, Load: b,
		Logs: map[string]drift.ActivityLog{stage.TargetLocal: b}, Key: []byte("0123456789abcdef"), Clock: b.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) Idle() int { return b.idle }

func (b *bench) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == b.denied || scope.Tenant != "acme" {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

func (b *bench) Allowed(_ context.Context, action string, scope kernel.Scope) (kernel.Reach, error) {
	if b.reach != nil {
		return *b.reach, nil
	}
	return kernel.Reach{All: action != b.denied && scope.Tenant == "acme"}, nil
}

func (b *bench) Record(ctx context.Context, f kernel.Fact) error {
	if !db.InTransaction(ctx) {
		return fmt.Errorf("the fact %s is outside of a transaction", f.Type)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts, b.causes = append(b.facts, f), append(b.causes, kernel.CauseFrom(ctx))
	return nil
}

// told returns the types of the facts since the last call.
func (b *bench) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	types := []string{}
	for _, f := range b.facts {
		types = append(types, f.Type)
	}
	b.facts = nil
	return types
}

func (b *bench) Deployed(_ context.Context, scope kernel.Scope, workload string) ([]drift.Deployed, error) {
	return slices.DeleteFunc(slices.Clone(b.deployed), func(d drift.Deployed) bool {
		return scope.Tenant != "" && (d.Scope.InProject(d.Scope.Project) != scope.InProject(scope.Project) || scope.Stage != d.Scope.Stage) || workload != "" && workload != d.Workload
	}), nil
}

func (b *bench) Inspect(ctx context.Context, _ drift.Question, say func(string)) (drift.Sight, error) {
	b.mu.Lock()
	b.looks++
	fails, during, s := b.fails, b.during, drift.Sight{
		Release: "rel_1", AppliedAt: b.now.Add(-24 * time.Hour), Outside: b.outside,
		Nodes: map[string]drift.Node{"redis__cache": {Resource: "cache", Definition: "redis-azure", Module: "terrace/redis/azure", Version: "1.0.0"}},
	}
	b.mu.Unlock()
	if during != nil {
		during()
	}
	say("looked at 1 resources")
	s.Next = b.next
	return s, fails
}

func (b *bench) Who(_ context.Context, q drift.ActivityQuery) ([]drift.Activity, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, q)
	return b.who, nil
}

func (b *bench) queue(kind string, scope kernel.Scope, workload string, more any) (string, error) {
	id := fmt.Sprintf("run_%d", len(b.runs)+1)
	b.runs = append(b.runs, fmt.Sprintf("%s %s %v", kind, kernel.StackID(scope, workload), more))
	return id, nil
}

func (b *bench) Redeploy(_ context.Context, scope kernel.Scope, workload, reason string) (string, error) {
	return b.queue("redeploy", scope, workload, reason)
}

func (b *bench) Refresh(_ context.Context, scope kernel.Scope, workload string, addresses []string, _ string) (string, error) {
	return b.queue("refresh", scope, workload, addresses)
}

// as acts for a person of the tenant.
func as(name string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "acme"})
}

const cache = "module.redis__cache.azurerm_redis_cache.this"

// change is a resource that was changed outside, from and to JSON.
func change(address, from, to string) *tfjson.ResourceChange {
	c := &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}}
	if to == "" {
		c.Actions = tfjson.Actions{tfjson.ActionDelete}
	}
	for text, into := range map[string]*any{from: &c.Before, to: &c.After} {
		if text != "" && json.Unmarshal([]byte(text), into) != nil {
			panic("not JSON: " + text)
		}
	}
	return &tfjson.ResourceChange{Address: address, Mode: tfjson.ManagedResourceMode, Type: "azurerm_redis_cache", Change: c}
}

func drifted(changes ...*tfjson.ResourceChange) *tfjson.Plan {
	return &tfjson.Plan{ResourceDrift: changes}
}

// next is what the next run would do: put the changes back.
func next(changes ...*tfjson.ResourceChange) *tfjson.Plan {
	p := &tfjson.Plan{Config: &tfjson.Config{RootModule: &tfjson.ConfigModule{ModuleCalls: map[string]*tfjson.ModuleCall{"redis__cache": {
		Module: &tfjson.ConfigModule{Resources: []*tfjson.ConfigResource{{
			Address:     "azurerm_redis_cache.this",
			Expressions: map[string]*tfjson.Expression{"size": {ExpressionData: &tfjson.ExpressionData{References: []string{"var.size", "var.size"}}}},
		}}},
	}}}}}
	for _, c := range changes {
		back := *c
		back.Change = &tfjson.Change{Actions: c.Change.Actions, Before: c.Change.After, After: c.Change.Before}
		if c.Change.After == nil {
			back.Change.Actions = tfjson.Actions{tfjson.ActionCreate}
		}
		p.ResourceChanges = append(p.ResourceChanges, &back)
	}
	return p
}

// look has the stack checked now and returns the check and what is not resolved.
func (b *bench) look(t *testing.T) (drift.Check, []drift.Drift) {
	t.Helper()
	checks, err := b.RequestChecks(as("ada"), shop, drift.CheckRequest{Stage: "dev", Workload: "orders"})
	if err != nil || len(checks) != 1 {
		t.Fatalf("%+v, %v", checks, err)
	}
	b.sweep(t)
	c, err := b.GetCheck(as("ada"), shop, checks[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	page, err := b.List(as("ada"), shop, drift.Filter{}, kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return c, page.Items
}

func (b *bench) sweep(t *testing.T) {
	t.Helper()
	if err := b.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
}
