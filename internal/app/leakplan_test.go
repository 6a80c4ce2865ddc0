package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakplan"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// shownToken looks like one of GitHub's, ownSecret is one that Terrace keeps.
var (
	shownToken = "ghp_" + strings.Repeat("a1B2c3D4e5", 4)[:36]
	ownSecret  = "correct-horse-Battery-9"
)

// anywhere is an authorizer who lets anybody see all.
type anywhere struct{ anybody }

func (anywhere) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// TestPlansThatShowSecretsAreHeldByStage: what is not marked as sensitive is told with its
// place; dev and test are warned, and what comes after them is stopped, unless it is allowed
// or another level is assigned.
func TestPlansThatShowSecretsAreHeldByStage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, leaksql.Migrations())
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	store := leaksql.NewStore(d)
	leaks := leak.New(leak.Config{Store: store, Apart: store, Values: store, Sealer: sealer, Authorizer: anywhere{}, Journal: anybody{}, Tx: d, Scanner: leakscan.New()})
	if err := leaks.Keep(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, "db", 3, []string{ownSecret}); err != nil {
		t.Fatal(err)
	}
	planned := func(stage string, value string, marked any) run.GateInput {
		in := changing(true)
		in.Run.Scope.Stage, in.Stage.Name, in.Run.Workload = stage, stage, "orders"
		in.Plan.ResourceChanges = append(in.Plan.ResourceChanges, &tfjson.ResourceChange{
			Address: "app.a", Mode: tfjson.ManagedResourceMode, Type: "app", Name: "a",
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: map[string]any{"env": []any{map[string]any{"name": "TOKEN", "value": value}}}, AfterSensitive: marked},
		})
		return in
	}
	evaluate := func(in run.GateInput, levels ...string) run.GateResult {
		t.Helper()
		c := config.Config{PolicyLevels: levels}
		sets, err := newPolicies(&platform{config: c, log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		g := policyGate{policy.New(policy.Deps{Sets: sets, Platform: c.Assignments(), Native: []policy.Policy{shownSecret()}}), costing(t, c).costs, &planLeaks{leakplan.Look{Leaks: leaks, Rights: anywhere{}}}}
		r, err := g.Evaluate(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	removed := planned("prod", shownToken, nil)
	removed.Run.Operation = run.Destroy
	cases := map[string]struct {
		in     run.GateInput
		levels []string
		level  run.Level
		want   run.Outcome
	}{
		"dev is warned":                      {planned("dev", shownToken, nil), nil, run.Advisory, run.Missed},
		"test is warned":                     {planned("test", "Bearer "+ownSecret, nil), nil, run.Advisory, run.Missed},
		"int is stopped":                     {planned("int", shownToken, nil), nil, run.HardMandatory, run.Missed},
		"prod is stopped by an own one":      {planned("prod", "user:"+ownSecret, nil), nil, run.HardMandatory, run.Missed},
		"what is marked is shown to nobody":  {planned("qs", shownToken, map[string]any{"env": true}), nil, run.Advisory, run.Passed},
		"another level is assigned":          {planned("int", shownToken, nil), []string{"terraform-secret-shown=soft-mandatory@stage=int"}, run.SoftMandatory, run.Missed},
		"it is off":                          {planned("prod", shownToken, nil), []string{"terraform-secret-*=off"}, run.Advisory, run.Passed},
		"a name makes one suspicious, alone": {planned("prod", "kJ8h2Lq9Zx7Vb3Nm5Tp1", nil), nil, run.Advisory, run.Passed},
		"what shows it is removed":           {removed, nil, run.Advisory, run.Passed},
		"nothing":                            {planned("prod", "innocent words", nil), nil, run.Advisory, run.Passed},
	}
	for name, tt := range cases {
		r := evaluate(tt.in, tt.levels...)
		if r.Level != tt.level || r.Outcome != tt.want {
			t.Errorf("%s: %s, %s: %+v", name, r.Level, r.Outcome, r.Findings)
			continue
		}
		if tt.want == run.Passed {
			continue
		}
		f := r.Findings[0]
		if f.Rule != "terraform-secret-shown" || f.Address != "app.a" || f.Attribute != "env[0].value" || f.Severity != "high" || f.Fix == "" || len(f.Controls) == 0 {
			t.Errorf("%s: finding %+v", name, f)
		}
		if strings.Contains(f.Message+f.Fix, ownSecret) || strings.Contains(f.Message+f.Fix, shownToken) {
			t.Errorf("%s: the finding tells it: %+v", name, f)
		}
	}
	dry := planned("qs", "Bearer "+ownSecret, nil)
	dry.Run.DryRun = true
	if r := evaluate(dry); r.Outcome != run.Missed || !slices.Contains(r.Hidden, ownSecret) {
		t.Errorf("a dry run: %+v", r)
	}
	dry = planned("qs", "innocent words", nil)
	dry.Run.DryRun = true
	dry.Plan.ResourceChanges[len(dry.Plan.ResourceChanges)-1].Change.Before = map[string]any{"env": []any{map[string]any{"name": "TOKEN", "value": shownToken}}}
	if r := evaluate(dry); r.Outcome != run.Passed || !slices.Contains(r.Hidden, shownToken) {
		t.Errorf("what was there: %+v", r)
	}
	if kept, err := leaks.List(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "qs"}, leak.Filter{State: leak.Open}, kernel.PageRequest{}); err != nil || len(kept.Items) != 1 || kept.Items[0].Secret != "shop/dev/db@3" {
		t.Errorf("a dry run's is kept, and ended by none: %+v, %v", kept.Items, err)
	}
	if r := evaluate(planned("prod", strings.Repeat("long ", 4<<20), nil)); r.Outcome != run.Passed || len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "leaves out 1 value") {
		t.Errorf("a plan that is too long: %+v", r)
	}
	page, err := leaks.List(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "int"}, leak.Filter{}, kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("findings on int: %+v, %v", page.Items, err)
	}
	if _, err := leaks.Allow(t.Context(), "acme", page.Items[0].ID, "it is worth nothing", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if r := evaluate(planned("int", shownToken, nil)); r.Outcome != run.Passed {
		t.Errorf("what is allowed: %+v", r)
	}
}
