package compliance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/compliance/compliancesql"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var (
	tenant = kernel.Scope{Tenant: "acme"}
	shop   = tenant.InProject("shop")
	orders = compliance.Place{Scope: shop.InStage("dev"), Workload: "orders"}
	bills  = compliance.Place{Scope: tenant.InProject("bank").InStage("prod"), Workload: "bills"}
)

// bench is a compliance service on a real database, with real policies and hand-written
// rooms around it.
type bench struct {
	*compliance.Service

	db    *db.DB
	store *compliancesql.Store

	mu       sync.Mutex
	now      time.Time
	states   map[string]state
	set      *rego.Set
	timeout  time.Duration // of each policy
	revision int
	levels   policy.Assignments
	sees     []string
	denied   string
	facts    []kernel.Fact
	looks    int
	// undeployed are stacks that no run deployed.
	undeployed []string
	// during is called in the middle of each look.
	during func()
	// transactions, replaced and begun count what is written: transactions, stacks whose
	// findings are, and spans.
	transactions, replaced, begun int
	// full is a stack of which nothing can be written.
	full string
}

// InTx is the bench as a compliance.Tx.
func (b *bench) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	b.mu.Lock()
	b.transactions++
	b.mu.Unlock()
	return b.db.InTx(ctx, fn)
}

// written is the store, which counts what is written.
type written struct {
	*compliancesql.Store

	b *bench
}

func (w written) Finish(ctx context.Context, watch compliance.Watch, next, now time.Time) (bool, error) {
	if watch.Stack() == w.b.full {
		return false, errors.New("the disk is full")
	}
	return w.Store.Finish(ctx, watch, next, now)
}

func (w written) Replace(ctx context.Context, all ...compliance.Found) error {
	w.b.mu.Lock()
	w.b.replaced += len(all)
	w.b.mu.Unlock()
	return w.Store.Replace(ctx, all...)
}

func (w written) Begin(ctx context.Context, all ...compliance.Span) error {
	w.b.mu.Lock()
	w.b.begun += len(all)
	w.b.mu.Unlock()
	return w.Store.Begin(ctx, all...)
}

type state struct {
	version  string
	document map[string]any
	secret   []string
	fails    error
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{compliancesql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{
			db: d, store: compliancesql.NewStore(d), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), states: map[string]state{}, sees: []string{""},
		}
		b.Service = b.another(t)
		b.rules(t, closed)
		test(t, b)
	})
}

// another is a service of another process on the same database.
func (b *bench) another(t *testing.T) *compliance.Service {
	t.Helper()
	s, err := compliance.New(compliance.Config{
		Tx: b, Store: written{b.store, b}, Authorizer: b, Journal: b, Estate: b, Policies: policies{b}, Stages: b, Load: b,
		Every: 24 * time.Hour, Keep: 30 * 24 * time.Hour, Clock: b.clock,
	})
	must(t, err)
	return s
}

func (b *bench) Check(stage string) error {
	if stage == "nope" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

// closed is a policy that refuses what is open.
const closed = `# METADATA
# title: closed
# custom: {id: closed, level: hard-mandatory, severity: high, fix: close it, controls: {mcsb: [NS-2, DP-3]}, resources: [door]}
package closed

deny contains {"msg": sprintf("is %v", [r.values.open]), "address": r.address, "attribute": "open"} if {
	some r in input.values.root_module.resources
	r.type == "door"
	r.values.open
}
`

// tall is one that refuses what is low, where the levels let it.
const tall = `# METADATA
# title: tall
# custom: {id: tall, level: advisory, severity: low, fix: raise it, controls: {iso-27001-2022: [A.8.3]}}
package tall

deny contains {"msg": "is low", "address": r.address} if {
	some r in input.values.root_module.resources
	r.values.height < 2
}
`

// rules makes these the policies.
func (b *bench) rules(t *testing.T, sources ...string) {
	t.Helper()
	set, err := compiled(sources...)
	must(t, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set, b.revision = set, b.revision+1
}

func compiled(sources ...string) (*rego.Set, error) {
	return rego.Compile(context.Background(), policy.Folder{}, folder(sources...))
}

func folder(sources ...string) policy.Folder {
	f := policy.Folder{Name: "mine"}
	for i, text := range sources {
		name := fmt.Sprintf("mine/%d.rego", i)
		f.Modules = append(f.Modules, policy.File{Path: name, Name: name, Content: []byte(text)})
	}
	return f
}

// apply makes doors what is applied at a place, and tells.
func (b *bench) apply(t *testing.T, p compliance.Place, doors ...map[string]any) {
	t.Helper()
	resources := []any{}
	for i, values := range doors {
		resources = append(resources, map[string]any{"address": fmt.Sprintf("door.d%d", i), "mode": "managed", "type": "door", "name": fmt.Sprintf("d%d", i), "values": values})
	}
	b.mu.Lock()
	b.states[p.Stack()] = state{version: kernel.NewID("sv"), document: map[string]any{"values": map[string]any{"root_module": map[string]any{"resources": resources}}}}
	b.mu.Unlock()
	must(t, b.db.InTx(context.Background(), func(ctx context.Context) error { return b.Applied(ctx, p, false) }))
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

func (b *bench) Idle() int { return 1 }

func (b *bench) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == b.denied || scope.Tenant != "acme" || !slices.Contains(b.sees, "") && !slices.Contains(b.sees, scope.Project) {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

func (b *bench) Allowed(_ context.Context, action string, scope kernel.Scope) (r kernel.Reach, err error) {
	if action == b.denied {
		return r, nil
	}
	for _, project := range b.sees {
		if project == "" || scope.Project == "" || project == scope.Project {
			r.Add(project, "")
		}
	}
	return r, nil
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

// told returns the facts since the last call.
func (b *bench) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := []string{}
	for _, f := range b.facts {
		all = append(all, fmt.Sprintf("%s %+v", f.Type, f.Data))
	}
	b.facts = nil
	return all
}

func (b *bench) Places(context.Context) ([]compliance.Place, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []compliance.Place
	for _, p := range []compliance.Place{orders, bills} {
		if _, ok := b.states[p.Stack()]; ok && !slices.Contains(b.undeployed, p.Stack()) {
			all = append(all, p)
		}
	}
	return all, nil
}

func (b *bench) Version(_ context.Context, p compliance.Place) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	st, ok := b.states[p.Stack()]
	if !ok {
		return "", kernel.Errorf(kernel.NotFound, "nothing is applied")
	}
	return st.version, nil
}

func (b *bench) Look(_ context.Context, p compliance.Place, known string) (compliance.Subject, error) {
	b.mu.Lock()
	st, ok := b.states[p.Stack()]
	if known != "" && st.version == known {
		b.mu.Unlock()
		return compliance.Subject{Version: known}, nil
	}
	b.looks++
	during := b.during
	b.mu.Unlock()
	if during != nil {
		during()
	}
	if !ok {
		return compliance.Subject{}, kernel.Errorf(kernel.NotFound, "nothing is applied")
	}
	secret := conceal.Of()
	for _, s := range st.secret {
		secret.Add(s)
	}
	in := policy.Input{Document: st.document, Context: policy.Context{Tenant: p.Scope.Tenant, Project: p.Scope.Project, Stage: p.Scope.Stage}}
	return compliance.Subject{Version: st.version, Input: in, Secret: secret}, st.fails
}

// policies is the bench as compliance.Policies.
type policies struct{ b *bench }

func (p policies) Revision(context.Context, string) (string, error) {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	return fmt.Sprintf("%d %v", p.b.revision, p.b.levels), nil
}

func (p policies) Policies(context.Context) ([]policy.Policy, error) { return p.b.set.Policies(), nil }

func (p policies) Assignments() policy.Assignments { return p.b.levels }

func (p policies) Compile(ctx context.Context, f policy.Folder) ([]policy.Policy, error) {
	set, err := rego.Compile(ctx, policy.Folder{}, f)
	if err != nil {
		return nil, err
	}
	return set.Policies(), nil
}

func (p policies) Evaluate(ctx context.Context, q policy.Question) (policy.Report, error) {
	return policy.New(policy.Deps{Sets: sets(p), Platform: p.b.levels}).Evaluate(ctx, q)
}

// sets are the policies of the bench as a policy.Sets.
type sets struct{ b *bench }

func (s sets) Policies(context.Context) ([]policy.Policy, error) { return s.b.set.Policies(), nil }

func (sets) Sources(context.Context) []policy.Source { return nil }

func (s sets) Evaluate(ctx context.Context, in policy.Input, e policy.Evaluation) (policy.Report, error) {
	own := map[string]bool{}
	beside, err := rego.Compile(ctx, policy.Folder{}, e.Beside...)
	if err != nil {
		return policy.Report{}, err
	}
	for _, p := range beside.Policies() {
		own[p.ID] = true
	}
	report, err := s.b.set.Eval(ctx, in, rego.Options{Level: func(p policy.Policy) (policy.Level, bool) {
		level, on := e.Level(p)
		return level, on && !own[p.ID]
	}, Timeout: s.b.timeout})
	if err != nil {
		return report, err
	}
	more, err := beside.Eval(ctx, in, rego.Options{Level: e.Level})
	report.Unknown = append(report.Unknown, more.Unknown...)
	report.Evaluated, report.Results = append(report.Evaluated, more.Evaluated...), append(report.Results, more.Results...)
	return report, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
