package compliance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func off(rule, stage string) policy.Assignment {
	return policy.Assignment{Policies: rule, Level: policy.Off, Stage: stage}
}

// try runs a preview and returns its lines and what it comes to.
func (b *bench) try(t *testing.T, p compliance.Preview) (changes []string, radius compliance.Radius) {
	t.Helper()
	ready, err := b.Prepare(context.Background(), tenant, p)
	must(t, err)
	last := compliance.Progress{}
	must(t, ready.Run(context.Background(), func(line compliance.Progress) error {
		last = line
		if line.Stack == nil {
			return nil
		}
		if line.Stack.Message != "" {
			changes = append(changes, line.Stack.Workload+": "+line.Stack.Message)
		}
		for _, c := range line.Stack.Changes {
			changes = append(changes, fmt.Sprintf("%s %s %s %s %s>%s", line.Stack.Workload, c.Effect, c.Rule, c.Address, c.Former, c.Level))
		}
		return nil
	}))
	if last.Radius == nil || last.Done != last.Total {
		t.Fatalf("the last line: %+v", last)
	}
	return changes, *last.Radius
}

func TestANewPolicyShowsItsBlastRadius(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true), map[string]any{"open": false, "height": 3})
		b.apply(t, bills, map[string]any{"open": false, "height": 3})
		b.work(t)
		b.told()
		changes, radius := b.try(t, compliance.Preview{Policies: folder(tall)})
		if !slices.Equal(changes, []string{"orders begins tall door.d0 >advisory"}) {
			t.Fatalf("%v", changes)
		}
		if radius.Stacks != 2 || radius.Touched != 1 || radius.Begins != 1 || radius.Blocking != 0 || !slices.Equal(radius.Policies, []string{"tall"}) {
			t.Fatalf("%+v", radius)
		}
		if st := b.standing(t, orders); st.Policies.Failing != 1 || len(b.told()) != 0 {
			t.Fatalf("the preview was kept: %+v", st)
		}
	})
}

func TestAChangedPolicyIsComparedWithTheOneThatHolds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.work(t)
		milder := strings.Replace(closed, "hard-mandatory", "advisory", 1)
		changes, radius := b.try(t, compliance.Preview{Policies: folder(milder)})
		if !slices.Equal(changes, []string{"orders changes-level closed door.d0 hard-mandatory>advisory"}) || radius.Changes != 1 || radius.Blocking != 0 {
			t.Fatalf("%v %+v", changes, radius)
		}
		none := strings.Replace(closed, "\tr.values.open\n", "\tr.values.open == \"never\"\n", 1)
		changes, radius = b.try(t, compliance.Preview{Policies: folder(none)})
		if !slices.Equal(changes, []string{"orders ceases closed door.d0 hard-mandatory>"}) || radius.Ceases != 1 {
			t.Fatalf("%v %+v", changes, radius)
		}
	})
}

func TestALevelShowsItsBlastRadius(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.rules(t, closed, tall)
		b.levels = policy.Assignments{off("tall", "prod")}
		b.apply(t, orders, open(true))
		b.apply(t, bills, open(true))
		b.work(t)
		changes, radius := b.try(t, compliance.Preview{Assignment: &policy.Assignment{Policies: "tall", Level: policy.HardMandatory}})
		want := []string{"bills begins tall door.d0 >hard-mandatory", "orders changes-level tall door.d0 advisory>hard-mandatory"}
		if !slices.Equal(changes, want) || radius.Blocking != 2 {
			t.Fatalf("%v %+v", changes, radius)
		}
		a := off("closed", "prod")
		changes, _ = b.try(t, compliance.Preview{Assignment: &a, Filter: compliance.Filter{Stage: "prod"}})
		if !slices.Equal(changes, []string{"bills ceases closed door.d0 hard-mandatory>"}) {
			t.Fatalf("%v", changes)
		}
		if _, err := b.Prepare(context.Background(), tenant, compliance.Preview{Assignment: &policy.Assignment{Policies: "closed", Stage: "nope", Level: policy.Off}}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a stage that there is not: %v", err)
		}
		if _, err := b.Prepare(context.Background(), tenant, compliance.Preview{Assignment: &policy.Assignment{Policies: "nothing-*", Level: policy.Off}}); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("no such policy: %v", err)
		}
	})
}

func TestAPreviewThatDoesNotCompileSaysWhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		_, err := b.Prepare(context.Background(), tenant, compliance.Preview{Policies: folder("package broken\n\ndeny contains nothing\n")})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "mine/0.rego:3:") {
			t.Fatalf("%v", err)
		}
		b.denied = compliance.ActionPreview
		if _, err := b.Prepare(context.Background(), tenant, compliance.Preview{Policies: folder(tall)}); !kernel.Is(err, kernel.Denied) {
			t.Fatalf("who may not: %v", err)
		}
	})
}

func TestAPreviewThatErrsSaysSo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.work(t)
		b.states[orders.Stack()].document["nothing"] = []any{}
		changes, radius := b.try(t, compliance.Preview{Policies: folder("package broken\n\ndeny contains \"x\" if 1 / count(input.nothing) == 1")})
		if len(changes) != 1 || !strings.Contains(changes[0], "cannot-be-evaluated broken") || radius.Errors != 1 || radius.Blocking != 1 {
			t.Fatalf("%v %+v", changes, radius)
		}
	})
}
