package policy_test

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/policysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const (
	day  = 24 * time.Hour
	soft = "azure-soft"
	hard = "azure-hard"
)

var shop = kernel.Scope{Tenant: "acme", Project: "shop"}

// bench is a service with people, stages and policies around it.
type bench struct {
	*policy.Service

	now    time.Time
	facts  []string
	denied map[string]bool
	told   []string
	// approvals is how many people prod wants.
	approvals int
	// offered are documents that were read, and broken is what is wrong with one source.
	offered []string
	broken  error
}

func as(name string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "acme"})
}

func (b *bench) Authorize(ctx context.Context, action string, _ kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if b.denied[actor.Name+" "+action] {
		return kernel.Errorf(kernel.Denied, "%s may not do %s", actor.Name, action)
	}
	return nil
}

func (b *bench) HasRole(context.Context, string, kernel.Scope, string) (bool, error) {
	return true, nil
}

func (b *bench) Record(_ context.Context, f kernel.Fact) error {
	b.facts = append(b.facts, f.Type)
	return nil
}

func (b *bench) Stages() []policy.Stage {
	prod := policy.Stage{Name: "prod", Target: "azure", Role: "approver", OtherThanRequester: true, Approvals: b.approvals}
	return []policy.Stage{{Name: "dev", Target: "local"}, prod, {Name: "trial", Target: "azure"}}
}

func (b *bench) Reconsider(_ context.Context, e policy.Exemption, _ string) error {
	b.told = append(b.told, e.ID)
	return nil
}

// Evaluate says that each policy is violated at two addresses.
func (b *bench) Evaluate(ctx context.Context, _ policy.Input, e policy.Evaluation) (policy.Report, error) {
	var r policy.Report
	all, err := b.Policies(ctx)
	for _, p := range all {
		level, on := e.Level(p)
		for _, address := range []string{"a.b", "module.m.a.b[0]"} {
			if on {
				r.Results = append(r.Results, policy.Result{Policy: p.ID, Source: p.Source, Outcome: policy.Violated, Level: level, Address: address})
			}
		}
	}
	return r, err
}

// Check knows the stages of the bench.
func (b *bench) Check(stage string) error {
	if !slices.ContainsFunc(b.Stages(), func(st policy.Stage) bool { return st.Name == stage }) {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

func (b *bench) Known(_ context.Context, scope kernel.Scope, workload string) error {
	if workload == "nope" {
		return kernel.Errorf(kernel.NotFound, "there is no workload %s in %s", workload, scope.Project)
	}
	return nil
}

func (b *bench) Policies(context.Context) ([]policy.Policy, error) {
	return []policy.Policy{
		{ID: soft, Level: policy.SoftMandatory, Source: "ours"},
		{ID: hard, Level: policy.HardMandatory, Source: "theirs"},
	}, nil
}

func (b *bench) Sources(context.Context) []policy.Source {
	theirs := policy.Source{Name: "theirs", Policies: 1, Version: "2"}
	return []policy.Source{{Name: "ours", Policies: 1, Version: "1"}, theirs.Broken(b.broken)}
}

// Read takes whatever is offered for a document.
func (b *bench) Read(_ context.Context, name string, from io.Reader, c policy.Context, workload string) (policy.Input, func([]policy.Result), error) {
	text, err := io.ReadAll(from)
	b.offered = append(b.offered, name+" "+string(text)+" "+c.Stage+" "+c.Target+" "+c.Operation+" "+c.Requester+" "+workload)
	return policy.Input{Context: c}, func(all []policy.Result) {
		for i := range all {
			all[i].Message = "cut"
		}
	}, err
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{policysql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), denied: map[string]bool{}}
		b.Service = policy.New(policy.Deps{
			Sets: b, MaxExemption: 90 * day, Store: policysql.NewStore(d), Tx: d, Authorizer: b, Roles: b, Journal: b, Stages: b, Runs: b, Documents: b, Targets: []string{"local", "azure"},
			Platform: policy.Assignments{{Policies: hard, Level: policy.HardMandatory, Stage: "trial"}}, OtherRules: []string{"another-gate"},
			Clock: func() time.Time { return b.now },
		})
		test(t, b)
	})
}

// ask requests an exemption as dave for 30 days.
func (b *bench) ask(t *testing.T, r policy.ExemptionRequest) policy.Exemption {
	t.Helper()
	if r.Reason == "" {
		r.Reason = "it is on its way out"
	}
	if r.Until.IsZero() {
		r.Until = b.now.Add(30 * day)
	}
	if r.Policy == "" && r.Set == "" {
		r.Policy = soft
	}
	e, err := b.RequestExemption(as("dave"), shop, r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// granted is an exemption that grace approved.
func (b *bench) granted(t *testing.T, r policy.ExemptionRequest) policy.Exemption {
	t.Helper()
	e, err := b.ApproveExemption(as("grace"), shop, b.ask(t, r).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// exempted are the policies and addresses that are exempted at a place.
func (b *bench) exempted(t *testing.T, stage, workload string) []string {
	t.Helper()
	r, err := b.Service.Evaluate(context.Background(), policy.Question{
		Input: policy.Input{Context: policy.Context{Tenant: "acme", Project: "shop", Stage: stage}}, Workload: workload,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, one := range r.Results {
		if one.Outcome != policy.Exempted {
			continue
		}
		if w := one.Exemption; w.Reason == "" || w.ApprovedBy != "grace" || w.RequestedBy != "dave" || w.ExpiresAt.IsZero() || one.Blocks() {
			t.Errorf("exempted as %+v", w)
		}
		out = append(out, one.Policy+" "+one.Address)
	}
	slices.Sort(out)
	return out
}

func (b *bench) expect(t *testing.T, what, stage, workload string, want ...string) {
	t.Helper()
	if got := b.exempted(t, stage, workload); !slices.Equal(got, want) {
		t.Errorf("%s: exempted are %v, want %v", what, got, want)
	}
}

// TestWhatIsDecidedHasAName: who evaluated by it knows when that counts no longer.
func TestWhatIsDecidedHasAName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		before := b.decided(t)
		asked := b.ask(t, policy.ExemptionRequest{})
		if now := b.decided(t); now != before {
			t.Errorf("a request decides: %s, then %s", before, now)
		}
		names := []string{before}
		for _, step := range []func() error{
			func() error { _, err := b.ApproveExemption(as("grace"), shop, asked.ID, ""); return err },
			func() error { _, err := b.RevokeExemption(as("grace"), shop, asked.ID, "enough"); return err },
			func() error {
				_, err := b.Assign(as("ada"), shop, policy.AssignRequest{Policies: soft, Level: policy.HardMandatory, Reason: "audit"})
				return err
			},
			func() error {
				all, err := b.ListAssignments(as("ada"), shop)
				if err == nil {
					_, err = b.Unassign(as("ada"), shop, all[0].ID, "done")
				}
				return err
			},
			func() error { b.granted(t, policy.ExemptionRequest{}); return nil },
			func() error { b.now = b.now.Add(31 * day); return b.Sweep(context.Background()) },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
			names = append(names, b.decided(t))
		}
		if slices.Sort(names); len(slices.Compact(names)) != 7 {
			t.Errorf("not each is another: %v", names)
		}
	})
}

func (b *bench) decided(t *testing.T) string {
	t.Helper()
	name, err := b.Store.Decided(context.Background(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	return name
}
