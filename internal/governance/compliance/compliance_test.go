package compliance_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func open(is any) map[string]any { return map[string]any{"open": is, "height": 1} }

func (b *bench) standing(t *testing.T, p compliance.Place) compliance.Standing {
	t.Helper()
	page, err := b.Standings(context.Background(), p.Scope.InProject(p.Scope.Project), compliance.Filter{Stage: p.Scope.Stage, Workload: p.Workload}, kernel.PageRequest{})
	must(t, err)
	if len(page.Items) != 1 {
		t.Fatalf("%d stacks at %s", len(page.Items), p.Stack())
	}
	return page.Items[0]
}

func (b *bench) work(t *testing.T) { t.Helper(); must(t, b.Work(context.Background())) }

func (b *bench) findings(t *testing.T, scope kernel.Scope, f compliance.Filter) []compliance.Finding {
	t.Helper()
	page, err := b.Findings(context.Background(), scope, f, kernel.PageRequest{})
	must(t, err)
	return page.Items
}

func TestWhatIsAppliedIsEvaluatedAndTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(false))
		if st := b.standing(t, orders); st.Outcome != compliance.NotEvaluated || !st.Pending {
			t.Fatalf("before the first time: %+v", st)
		}
		b.work(t)
		if st := b.standing(t, orders); st.Outcome != compliance.Passing || st.Policies.Passing != 1 || st.Pending || st.Cause != compliance.CauseApplied {
			t.Fatalf("%+v", st)
		}
		if told := b.told(); len(told) != 0 {
			t.Fatalf("nothing began: %v", told)
		}
		b.apply(t, orders, open("wide"), open("wide"))
		b.work(t)
		st := b.standing(t, orders)
		if st.Outcome != compliance.Failing || st.Findings != 2 || st.Blocking != 2 {
			t.Fatalf("%+v", st)
		}
		told := b.told()
		if len(told) != 1 || !strings.Contains(told[0], "compliance.changed") || !strings.Contains(told[0], "Began:[closed]") {
			t.Fatalf("%v", told)
		}
		found := b.findings(t, shop, compliance.Filter{Control: "mcsb:DP-3"})
		if len(found) != 2 || found[0].Address != "door.d0" || found[0].Fix != "close it" || found[0].Level != "hard-mandatory" {
			t.Fatalf("%+v", found)
		}
		b.apply(t, orders, open(false))
		b.work(t)
		if told := b.told(); len(told) != 1 || !strings.Contains(told[0], "Ceased:[closed]") {
			t.Fatalf("%v", told)
		}
		if found := b.findings(t, shop, compliance.Filter{}); len(found) != 0 {
			t.Fatalf("%+v", found)
		}
	})
}

func TestChangedPoliciesAreHeldAgainstAllThatIsApplied(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(false))
		b.apply(t, bills, open(false))
		b.work(t)
		looks := b.looks
		b.work(t)
		if b.looks != looks {
			t.Fatal("nothing changed, and it was evaluated again")
		}
		b.rules(t, closed, tall)
		b.work(t)
		if b.looks != looks+2 {
			t.Fatalf("%d looks more, want 2", b.looks-looks)
		}
		for _, p := range []compliance.Place{orders, bills} {
			if st := b.standing(t, p); st.Outcome != compliance.Failing || st.Blocking != 0 || st.Cause != compliance.CausePolicies {
				t.Fatalf("%+v", st)
			}
		}
		b.mu.Lock()
		b.levels = append(b.levels, off("tall", "prod"))
		b.mu.Unlock()
		b.work(t)
		if one, other := b.standing(t, orders), b.standing(t, bills); one.Outcome != compliance.Failing || other.Outcome != compliance.Passing {
			t.Fatalf("%+v %+v", one, other)
		}
	})
}

func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(false))
		b.work(t)
		must(t, b.db.InTx(context.Background(), func(ctx context.Context) error { return b.Applied(ctx, orders, false) }))
		b.work(t)
		if b.looks != 1 {
			t.Fatalf("the same state was evaluated %d times with the same policies", b.looks)
		}
		b.pass(25 * time.Hour)
		b.work(t)
		if b.looks != 2 || b.standing(t, orders).Cause != compliance.CauseSchedule {
			t.Fatalf("%d looks by the schedule, %+v", b.looks, b.standing(t, orders))
		}
	})
}

func TestWhatCannotBeEvaluatedIsNeverCompliant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open("wide"))
		b.work(t)
		b.told()
		broken := b.states[orders.Stack()]
		broken.fails, broken.version = errors.New("the disk is gone"), "sv_2"
		b.mu.Lock()
		b.states[orders.Stack()] = broken
		b.mu.Unlock()
		must(t, b.db.InTx(context.Background(), func(ctx context.Context) error { return b.Applied(ctx, orders, false) }))
		b.work(t)
		st := b.standing(t, orders)
		if st.Outcome != compliance.Errored || st.Message == "" || strings.Contains(st.Message, "disk") || st.Findings != 1 {
			t.Fatalf("%+v", st)
		}
		if told := b.told(); len(told) != 0 {
			t.Fatalf("nobody knows whether it ceased: %v", told)
		}
		looks := b.looks
		b.work(t)
		if b.looks != looks {
			t.Fatal("it is tried again at once")
		}
		broken.fails = nil
		b.mu.Lock()
		b.states[orders.Stack()] = broken
		b.mu.Unlock()
		b.pass(6 * time.Minute)
		b.work(t)
		if st := b.standing(t, orders); st.Outcome != compliance.Failing || st.Message != "" {
			t.Fatalf("%+v", st)
		}
		b.rules(t, "package broken\n\ndeny contains \"x\" if 1 / input.values.zero == 1", closed)
		b.states[orders.Stack()].document["values"].(map[string]any)["zero"] = 0 //nolint:forcetypeassert // made above
		b.apply(t, orders, open(false))
		b.work(t)
	})
}

func TestAPolicyThatErrsIsAnError(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.rules(t, closed, "package broken\n\ndeny contains \"x\" if 1 / count(input.nothing) == 1")
		b.apply(t, orders, open(false))
		b.states[orders.Stack()].document["nothing"] = []any{}
		b.work(t)
		st := b.standing(t, orders)
		if st.Outcome != compliance.Errored || st.Policies.Error != 1 || st.Policies.Passing != 1 {
			t.Fatalf("%+v", st)
		}
		if found := b.findings(t, tenant, compliance.Filter{Outcome: compliance.Errored}); len(found) != 1 || found[0].Rule != "broken" {
			t.Fatalf("%+v", found)
		}
	})
}

// What is too much for several policies is told once, and none of them passes.
func TestPoliciesThatHadNoTimeAreUnknown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const slow = "\n\ndeny contains \"x\" if {\n\tsome a in numbers.range(1, 5000)\n\tsome b in numbers.range(1, 5000)\n\ta * b < 0\n}"
		b.rules(t, "package one"+slow, "package two"+slow)
		b.timeout = time.Millisecond
		b.apply(t, orders, open(false))
		b.work(t)
		st := b.standing(t, orders)
		if st.Outcome != compliance.Errored || st.Policies.Passing != 0 || st.Policies.Error != 3 {
			t.Fatalf("%+v", st)
		}
		if found := b.findings(t, tenant, compliance.Filter{Outcome: compliance.Errored}); len(found) != 1 || found[0].Rule != "plan-too-large" {
			t.Fatalf("%+v", found)
		}
	})
}

func TestSecretsAreCutOutOfWhatPoliciesSay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open("hush-hush-hush"))
		st := b.states[orders.Stack()]
		st.secret = []string{"hush-hush-hush"}
		b.states[orders.Stack()] = st
		b.work(t)
		if found := b.findings(t, shop, compliance.Filter{}); len(found) != 1 || found[0].Message != "is (sensitive)" {
			t.Fatalf("%+v", found)
		}
	})
}

func TestWhatIsDestroyedLeaves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		b.apply(t, orders, open(true))
		b.apply(t, bills, open(true))
		b.work(t)
		must(t, b.db.InTx(ctx, func(ctx context.Context) error { return b.Applied(ctx, orders, true) }))
		b.mu.Lock()
		delete(b.states, orders.Stack())
		delete(b.states, bills.Stack())
		b.mu.Unlock()
		must(t, b.Reconcile(ctx))
		page, err := b.Standings(ctx, tenant, compliance.Filter{}, kernel.PageRequest{})
		must(t, err)
		if found := b.findings(t, tenant, compliance.Filter{}); len(page.Items) != 0 || len(found) != 0 {
			t.Fatalf("%+v %+v", page.Items, found)
		}
	})
}

func TestAnInterruptedEvaluationIsDoneByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		ctx, cancel := context.WithCancel(context.Background())
		b.during = cancel // the process ends in the middle
		if err := b.Work(ctx); err == nil {
			t.Fatal("it ended in the middle without an error")
		}
		b.during = nil
		other := b.another(t)
		must(t, other.Work(context.Background()))
		if st := b.standing(t, orders); st.Outcome != compliance.NotEvaluated || !st.Pending {
			t.Fatalf("another took it while its claim held: %+v", st)
		}
		b.pass(time.Hour)
		must(t, other.Work(context.Background()))
		if st := b.standing(t, orders); st.Outcome != compliance.Failing {
			t.Fatalf("%+v", st)
		}
	})
}

func TestAnApplyDuringAnEvaluationIsEvaluatedAfterIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.during = func() {
			b.during = nil
			b.apply(t, orders, open(false))
		}
		b.work(t)
		if st := b.standing(t, orders); st.Outcome != compliance.Passing || st.Pending {
			t.Fatalf("%+v", st)
		}
	})
}

func TestEverybodySeesWhatTheyMay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.apply(t, bills, open(true))
		b.work(t)
		if all := b.findings(t, tenant, compliance.Filter{}); len(all) != 2 {
			t.Fatalf("%+v", all)
		}
		b.sees = []string{"bank"}
		if all := b.findings(t, tenant, compliance.Filter{}); len(all) != 1 || all[0].Project != "bank" {
			t.Fatalf("%+v", all)
		}
		page, err := b.Standings(context.Background(), tenant, compliance.Filter{}, kernel.PageRequest{})
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Workload != "bills" {
			t.Fatalf("%+v", page.Items)
		}
		if _, err := b.Findings(context.Background(), shop, compliance.Filter{}, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Fatalf("another's project: %v", err)
		}
	})
}

func TestListsHavePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true), open(true), open(true))
		b.apply(t, bills, open(true))
		b.work(t)
		var seen []string
		for page := (kernel.PageRequest{Limit: 1}); ; {
			found, err := b.Findings(context.Background(), tenant, compliance.Filter{}, page)
			must(t, err)
			for _, f := range found.Items {
				seen = append(seen, f.ID)
			}
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
		first, err := b.Standings(context.Background(), tenant, compliance.Filter{}, kernel.PageRequest{Limit: 1})
		must(t, err)
		second, err := b.Standings(context.Background(), tenant, compliance.Filter{}, kernel.PageRequest{Limit: 1, Cursor: first.Next})
		must(t, err)
		if len(seen) != 4 || len(first.Items) != 1 || len(second.Items) != 1 || first.Items[0].Project == second.Items[0].Project {
			t.Fatalf("%v %+v %+v", seen, first, second)
		}
	})
}

// Addresses may be long, as keys of for_each are; the cursors of the API are not.
func TestLongAddressesHavePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true), open(true), open(true))
		root := b.states[orders.Stack()].document["values"].(map[string]any)["root_module"].(map[string]any) //nolint:forcetypeassert // made by apply
		for i, r := range root["resources"].([]any) {                                                        //nolint:forcetypeassert // made by apply
			r.(map[string]any)["address"] = fmt.Sprintf("door.d[%q]", strings.Repeat("ü", 4000)+strconv.Itoa(i)) //nolint:forcetypeassert // made by apply
		}
		b.work(t)
		seen := map[string]bool{}
		for page := (kernel.PageRequest{Limit: 1}); ; {
			found, err := b.Findings(context.Background(), tenant, compliance.Filter{}, page)
			must(t, err)
			for _, f := range found.Items {
				seen[f.Address] = true
			}
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
			if len(page.Cursor) > 512 {
				t.Fatalf("a cursor of %d bytes", len(page.Cursor))
			}
		}
		if len(seen) != 3 {
			t.Fatalf("%d addresses", len(seen))
		}
	})
}

func TestFindingsOfWhatThereIsNotAreNoPass(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for name, c := range map[string]struct {
			filter compliance.Filter
			kind   kernel.Kind
		}{
			"a policy":                 {compliance.Filter{Rule: "closed"}, ""},
			"a control of a policy":    {compliance.Filter{Control: "mcsb:DP-3"}, ""},
			"a control of the catalog": {compliance.Filter{Control: "cis-azure-3.0.0:4.1"}, ""},
			"no policy":                {compliance.Filter{Rule: "closde"}, kernel.NotFound},
			"no control":               {compliance.Filter{Control: "mcsb:DP-99"}, kernel.NotFound},
			"no framework":             {compliance.Filter{Control: "DP-3"}, kernel.NotFound},
			"no control of a policy":   {compliance.Filter{Rule: "closed", Control: "mcsb:"}, kernel.NotFound},
		} {
			if _, err := b.Findings(context.Background(), tenant, c.filter, kernel.PageRequest{}); kernel.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, f := range []compliance.Filter{{Stage: "nope"}, {Workload: "nope"}} {
			if n, err := b.Evaluate(context.Background(), shop, f); n != 0 || !kernel.Is(err, kernel.NotFound) {
				t.Errorf("evaluate %+v: %d, %v", f, n, err)
			}
		}
	})
}

// TestAStateThatNoRunDeployedStaysInTheSchedule: it was written by hand, and is applied all
// the same.
func TestAStateThatNoRunDeployedStaysInTheSchedule(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		must(t, b.Work(context.Background()))
		before := b.standing(t, orders)
		b.undeployed = []string{orders.Stack()}
		b.pass(time.Hour)
		must(t, b.Reconcile(context.Background()))
		if now := b.standing(t, orders); before.Outcome == compliance.NotEvaluated || now.Outcome != before.Outcome || len(b.findings(t, tenant, compliance.Filter{})) == 0 {
			t.Errorf("it was %+v and is %+v", before, now)
		}
	})
}

// TestAClaimOfAClockThatWasAheadIsLetGo: who held it is gone, and its end is a year away.
func TestAClaimOfAClockThatWasAheadIsLetGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		const year = 365 * 24 * time.Hour
		b.pass(year)
		ctx, cancel := context.WithCancel(context.Background())
		b.during = cancel
		if err := b.Work(ctx); err == nil {
			t.Fatal("it ended in the middle without an error")
		}
		b.during = nil
		b.pass(-year)
		other := b.another(t)
		must(t, other.Work(context.Background()))
		if st := b.standing(t, orders); st.Outcome != compliance.NotEvaluated {
			t.Fatalf("its claim did not hold: %+v", st)
		}
		must(t, other.Reconcile(context.Background()))
		must(t, other.Work(context.Background()))
		if st := b.standing(t, orders); st.Outcome == compliance.NotEvaluated {
			t.Errorf("nobody evaluates it: %+v", st)
		}
	})
}
