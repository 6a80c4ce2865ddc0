package compliance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// several are more stacks than are evaluated under one claim.
func several(n int) []compliance.Place {
	all := make([]compliance.Place, n)
	for i := range all {
		all[i] = compliance.Place{Scope: shop.InStage("dev"), Workload: fmt.Sprintf("w%03d", i)}
	}
	return all
}

func TestWhatIsDueIsEvaluatedTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, p := range several(60) {
			b.apply(t, p, open(true))
		}
		b.apply(t, bills, open(true))
		b.work(t)
		if b.transactions != 2 || b.looks != 61 {
			t.Errorf("%d looks were kept in %d transactions, want 61 in 2", b.looks, b.transactions)
		}
		for _, p := range append(several(60), bills) {
			if st := b.standing(t, p); st.Outcome != compliance.Failing || st.Pending || st.Findings != 1 {
				t.Fatalf("%s: %+v", p.Stack(), st)
			}
		}
		if told := b.told(); len(told) != 61 || !strings.Contains(strings.Join(told, " "), bills.Stack()) {
			t.Errorf("%d facts", len(told))
		}
	})
}

func TestWhatRulesSayAgainIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.work(t)
		since := b.findings(t, shop, compliance.Filter{})[0].Since
		b.pass(time.Hour)
		b.apply(t, orders, open(true))
		b.work(t)
		if st := b.standing(t, orders); b.looks != 2 || st.Pending || !st.EvaluatedAt.Equal(b.now) || st.Version != b.states[orders.Stack()].version {
			t.Errorf("%d looks, %+v", b.looks, st)
		}
		if b.replaced != 1 || b.begun != 1 {
			t.Errorf("findings were written %d times and %d spans begun", b.replaced, b.begun)
		}
		b.apply(t, orders, open(true), open("wide"))
		b.work(t)
		found := b.findings(t, shop, compliance.Filter{})
		if len(found) != 2 || b.replaced != 2 || b.begun != 2 || !found[0].Since.Equal(since) || !found[1].Since.Equal(b.now) {
			t.Errorf("%+v, written %d times, %d spans", found, b.replaced, b.begun)
		}
	})
}

// TestWhatCannotBeWrittenHoldsUpNothingElse: the others are written without it.
func TestWhatCannotBeWrittenHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		all := several(3)
		for _, p := range all {
			b.apply(t, p, open(true))
		}
		b.full = all[1].Stack()
		if err := b.Work(context.Background()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%v", err)
		}
		for i, p := range all {
			want := compliance.Failing
			if i == 1 {
				want = compliance.NotEvaluated
			}
			if st := b.standing(t, p); st.Outcome != want {
				t.Errorf("%s: %+v", p.Stack(), st)
			}
		}
		if told := b.told(); len(told) != 2 {
			t.Errorf("%v", told)
		}
		b.full = ""
		b.pass(time.Hour)
		b.work(t)
		if st := b.standing(t, all[1]); st.Outcome != compliance.Failing {
			t.Errorf("%+v", st)
		}
	})
}

// TestWhatAProcessDoesNotComeToIsLetGo: it ends in the middle of the second of three.
func TestWhatAProcessDoesNotComeToIsLetGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, p := range several(3) {
			b.apply(t, p, open(true))
		}
		ctx, cancel := context.WithCancel(context.Background())
		b.during = func() {
			if b.looks == 2 {
				cancel()
			}
		}
		if err := b.Work(ctx); err == nil {
			t.Fatal("it ended in the middle without an error")
		}
		b.during = nil
		counts := func() (evaluated int) {
			page, err := b.Standings(context.Background(), shop, compliance.Filter{Outcome: compliance.Failing}, kernel.PageRequest{})
			must(t, err)
			return len(page.Items)
		}
		if n := counts(); n != 1 {
			t.Errorf("%d were kept, want the one that was done", n)
		}
		must(t, b.another(t).Work(context.Background()))
		if n := counts(); n != 2 {
			t.Errorf("%d are evaluated by another, want all but the one under the claim", n)
		}
	})
}

// TestALongStintIsCut: each look takes a second, so that one is kept before the next begins.
func TestALongStintIsCut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, p := range several(3) {
			b.apply(t, p, open(true))
		}
		b.during = func() { b.pass(time.Second) }
		b.work(t)
		if b.looks != 3 || b.transactions != 3 {
			t.Errorf("%d looks were kept in %d transactions", b.looks, b.transactions)
		}
	})
}
