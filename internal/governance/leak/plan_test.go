package leak_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// token looks like one of GitHub's. It is put together so that nobody takes this file for a leak.
var token = "ghp_" + strings.Repeat("a1B2c3D4e5", 4)[:36]

var ofPlan = leak.Place{Kind: leak.Plan, Workload: "orders", Run: "run_1"}

// addresses are those of lines.
func addresses(all ...string) func(line int) leak.Shown {
	return func(line int) leak.Shown {
		return leak.Shown{Address: all[line-1], Attribute: "value", Constant: strings.HasPrefix(all[line-1], "module.")}
	}
}

func places(all []leak.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, f.Place.Address)
	}
	return strings.Join(out, " ")
}

// TestFindingsOfAPlanAreWhereItsValuesAre: each value has its own place, is told once, and is
// resolved with the plan that shows it no more.
func TestFindingsOfAPlanAreWhereItsValuesAre(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		dev := shop.InStage("dev")
		ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
		text := "a = \"" + token + "\"\nb = \"innocent\"\nc = \"" + token + "\"\n"
		dry, err := b.InspectPlan(ctx, dev, ofPlan, text, false, nil, addresses("x.a", "x.b", "x.c"))
		if err != nil || places(dry.Open) != "x.a x.c" || dry.Open[0].ID != "" || b.journal.types() != "" {
			t.Fatalf("of a dry run: %+v, %v, and %s was told", dry, err, b.journal.types())
		}
		first, err := b.InspectPlan(ctx, dev, ofPlan, text, true, nil, addresses("x.a", "x.b", "x.c"))
		if err != nil || places(first.New) != "x.a x.c" || places(first.Open) != "x.a x.c" || b.journal.types() != "secret.leaked secret.leaked" {
			t.Fatalf("first %+v, %v, and %s was told", first, err, b.journal.types())
		}
		if _, err := b.Allow(ctx, "acme", first.Open[0].ID, "it is an example", time.Time{}); err != nil {
			t.Fatal(err)
		}
		again, err := b.InspectPlan(ctx, dev, ofPlan, text, true, nil, addresses("x.a", "x.b", "x.c"))
		if err != nil || len(again.New) != 0 || places(again.Open) != "x.c" || again.Open[0].ID != first.Open[1].ID {
			t.Errorf("again %+v, %v", again, err)
		}
		if dry, err := b.InspectPlan(ctx, dev, ofPlan, text, false, nil, addresses("x.a", "x.b", "x.c")); err != nil || places(dry.Open) != "x.c" {
			t.Errorf("a dry run after that: %+v, %v", dry, err)
		}
		copied, err := b.InspectPlan(ctx, dev, ofPlan, text+text, false, nil, addresses("module.m", "x.b", "x.c", "x.d", "x.e", "module.n"))
		if err != nil || places(copied.Open) != "x.c x.d" {
			t.Errorf("with constants %+v, %v", copied, err)
		}
		if other, err := b.InspectPlan(ctx, shop.InStage("test"), ofPlan, "", true, nil, addresses()); err != nil || len(other.Open) != 0 {
			t.Errorf("on another stage: %+v, %v", other, err)
		}
		if clean, err := b.InspectPlan(ctx, dev, ofPlan, "a = \"innocent\"\n", true, nil, addresses("x.a")); err != nil || len(clean.Open) != 0 {
			t.Errorf("clean: %+v, %v", clean, err)
		}
		page, err := b.List(ctx, shop, leak.Filter{All: true}, kernel.PageRequest{})
		if err != nil || len(page.Items) != 2 || page.Items[0].State != leak.Resolved || page.Items[1].State != leak.Resolved {
			t.Errorf("kept are %+v, %v", page.Items, err)
		}
		back, err := b.InspectPlan(ctx, dev, ofPlan, text, true, nil, addresses("x.a", "x.b", "x.c"))
		if err != nil || places(back.New) != "x.a x.c" {
			t.Errorf("when they are back: %+v, %v", back, err)
		}
	})
}

// TestAPartOfALogResolvesNothing: what is not in a part of what stands at a place is in another.
func TestAPartOfALogResolvesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		at := leak.Place{Kind: leak.Log, Path: "service orders", Part: true, Line: 40}
		r, err := b.Inspect(t.Context(), shop, at, "one\nthe token is "+token+"\n")
		if err != nil || len(r.New) != 1 || r.New[0].Place.Line != 41 {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := b.Inspect(t.Context(), shop, at, "nothing\n"); err != nil || strings.Contains(b.journal.types(), "resolved") {
			t.Errorf("%v, and %s was told", err, b.journal.types())
		}
	})
}
