package rungate_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func change(address string, action tfjson.Action, after, unknown any) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{
		Address: address, Mode: tfjson.ManagedResourceMode, Type: "terrace_x",
		Change: &tfjson.Change{Actions: tfjson.Actions{action}, After: after, AfterUnknown: unknown},
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	full := map[string]any{"costcenter": "42", "env": "dev", "owner": "team"}
	good := map[string]string{"costcenter": "42", "env": "dev", "owner": "team"}
	for name, tc := range map[string]struct {
		tags    map[string]string
		plan    []*tfjson.ResourceChange
		op      run.Operation
		missing []string
	}{
		"all there":                      {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionCreate, map[string]any{"tags": full}, nil)}},
		"no attribute tags":              {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionCreate, map[string]any{"name": "x"}, nil)}},
		"an attribute that is not set":   {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionCreate, map[string]any{"tags": nil}, nil)}, missing: []string{"has no tag costcenter", "has no tag env", "has no tag owner"}},
		"one tag is blank":               {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionUpdate, map[string]any{"tags": map[string]any{"costcenter": " ", "env": "dev", "owner": "x"}}, nil)}, missing: []string{"has no tag costcenter"}},
		"unchanged resources count too":  {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionNoop, map[string]any{"tags": map[string]any{}}, nil)}, missing: []string{"has no tag costcenter", "has no tag env", "has no tag owner"}},
		"what goes away needs none":      {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionDelete, nil, nil)}},
		"a value known after apply":      {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionCreate, map[string]any{"tags": map[string]any{"env": "dev", "owner": "x"}}, map[string]any{"tags": map[string]any{"costcenter": true}})}},
		"all of them known after apply":  {tags: good, plan: []*tfjson.ResourceChange{change("a.b", tfjson.ActionCreate, map[string]any{}, map[string]any{"tags": true})}, missing: []string{"has tags that are known only after the apply, so they cannot be checked"}},
		"the workload lacks one":         {tags: map[string]string{"env": "dev", "owner": "x"}, missing: []string{"workload orders has no costcenter"}},
		"a destruction asks no workload": {tags: nil, op: run.Destroy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := run.GateInput{
				Run:   run.Run{Workload: "orders", Operation: tc.op, Scope: kernel.Scope{Project: "shop"}},
				Stage: stage.Stage{Name: "dev", RequiredTags: []string{"costcenter", "env", "owner"}},
				Plan:  &tfjson.Plan{ResourceChanges: tc.plan}, Tags: tc.tags,
			}
			result, err := rungate.Tags{}.Evaluate(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if result.Blocks() != (len(tc.missing) > 0) || len(result.Problems) != len(tc.missing) {
				t.Fatalf("%+v, want %v", result, tc.missing)
			}
			for i, want := range tc.missing {
				if p := result.Problems[i]; p.Message != want || p.Fix == "" {
					t.Errorf("%+v, want %q with a fix", p, want)
				}
			}
			if len(tc.missing) > 0 && tc.tags["costcenter"] == "" && tc.tags != nil && !strings.Contains(result.Fix, "terrace.dev/costcenter") {
				t.Errorf("the fix names the annotation: %q", result.Fix)
			}
		})
	}
}

// TestATagThatNobodySet: the first project's cost centre is a placeholder; the
// gate lets it through and says how to set it.
func TestATagThatNobodySet(t *testing.T) {
	t.Parallel()
	result, err := rungate.Tags{}.Evaluate(context.Background(), run.GateInput{
		Run:   run.Run{Workload: "orders", Scope: kernel.Scope{Project: "shop"}},
		Stage: stage.Stage{Name: "dev", RequiredTags: []string{"costcenter", "env", "owner"}},
		Plan:  &tfjson.Plan{}, Tags: map[string]string{"costcenter": "unassigned", "env": "dev", "owner": "team"},
	})
	if err != nil || result.Outcome != run.Passed {
		t.Fatalf("%+v, %v", result, err)
	}
	if !strings.Contains(result.Message, "nobody is named as costcenter") || !strings.Contains(result.Fix, "`terrace project tag shop` and its flag --costcenter") {
		t.Errorf("%+v", result)
	}
}

// TestWhatSeveralResourcesLackIsToldOnce: a finding for each, with its controls, and one
// problem that names them.
func TestWhatSeveralResourcesLackIsToldOnce(t *testing.T) {
	t.Parallel()
	none := map[string]any{"tags": map[string]any{}}
	in := run.GateInput{
		Run: run.Run{Workload: "orders", Scope: kernel.Scope{Project: "shop"}}, Stage: stage.Stage{Name: "dev", RequiredTags: []string{"owner"}},
		Plan: &tfjson.Plan{}, Tags: map[string]string{"owner": "team"},
	}
	for i := range 12 {
		in.Plan.ResourceChanges = append(in.Plan.ResourceChanges, change("a.b["+strconv.Itoa(i)+"]", tfjson.ActionCreate, none, nil))
	}
	r, err := rungate.Tags{}.Evaluate(t.Context(), in)
	if err != nil || len(r.Findings) != 12 || len(r.Problems) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	if p := r.Problems[0]; !strings.HasPrefix(p.Path, "a.b[0], a.b[1], ") || !strings.HasSuffix(p.Path, "a.b[9] and 2 more") || p.Message != "has no tag owner" {
		t.Errorf("%+v", p)
	}
	if f := r.Findings[11]; f.Address != "a.b[11]" || len(f.Controls) != 2 {
		t.Errorf("%+v", f)
	}
}
