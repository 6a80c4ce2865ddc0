package rungate_test

import (
	"fmt"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestTagsThatTenantAndProjectDemand(t *testing.T) {
	t.Parallel()
	classes := run.TagRule{Key: "data-class", Values: []string{"public", "secret"}, From: run.FromTenant}
	digits := run.TagRule{Key: "data-class", Pattern: "[a-z]{6}", From: run.FromProject}
	many := run.TagSet{}
	for i := range 51 {
		many.Tags = append(many.Tags, run.Tag{Key: fmt.Sprintf("k%d", i), Value: "x", From: run.FromProject})
	}
	for name, tt := range map[string]struct {
		set     run.TagSet
		planned map[string]any
		unknown any
		want    string // the first finding's message, "" for none
		rule    string
	}{
		"as demanded":        {set: own("data-class", "secret", classes, digits), planned: map[string]any{"Data-Class": "secret"}},
		"missing everywhere": {set: run.TagSet{Rules: []run.TagRule{classes}}, want: "workload orders has no data-class", rule: "tags-required"},
		"lost by the module": {set: own("data-class", "secret", classes), planned: map[string]any{}, want: "has no tag data-class", rule: "tags-required"},
		"another value":      {set: own("data-class", "none", classes), want: "workload orders has data-class=none; the tenant allows public, secret", rule: "tags-values"},
		"no such pattern":    {set: own("data-class", "secrets", digits), want: "workload orders has data-class=secrets; the project wants [a-z]{6}", rule: "tags-values"},
		"on a resource":      {set: own("data-class", "secret", classes), planned: map[string]any{"data-class": "none"}, want: "has data-class=none", rule: "tags-values"},
		"not known yet":      {set: own("data-class", "secret", classes), planned: map[string]any{}, unknown: map[string]any{"data-class": true}, want: "has a tag data-class that is known only after the apply", rule: "tags-values"},
		"Azure takes it not": {set: own("a.b%c", "x"), want: "the tag a.b%c, of the workload, cannot be", rule: "tags-limits"},
		"too many":           {set: many, want: "workload orders has 51 tags, Azure takes 50", rule: "tags-limits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := run.GateInput{
				Run:   run.Run{Workload: "orders", Operation: run.Deploy, Scope: kernel.Scope{Project: "shop"}},
				Stage: stage.Stage{Name: "dev"}, Plan: &tfjson.Plan{}, Tags: tt.set.Values(), TagSet: tt.set,
			}
			if tt.planned != nil {
				in.Plan.ResourceChanges = append(in.Plan.ResourceChanges, change("a.b", tfjson.ActionCreate, map[string]any{"tags": tt.planned}, map[string]any{"tags": tt.unknown}))
			}
			r, err := rungate.Tags{}.Evaluate(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if r.Blocks() != (tt.want != "") || len(r.Tags) != len(tt.set.Tags) {
				t.Fatalf("%+v", r)
			}
			if tt.want != "" {
				if f := r.Findings[0]; !strings.HasPrefix(f.Message, tt.want) || f.Rule != tt.rule || f.Address == "" || f.Fix == "" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
	t.Run("a pattern that cannot be read", func(t *testing.T) {
		t.Parallel()
		_, err := rungate.Tags{}.Evaluate(t.Context(), run.GateInput{Plan: &tfjson.Plan{}, TagSet: run.TagSet{Rules: []run.TagRule{{Key: "a", Pattern: "("}}}})
		if !kernel.Is(err, kernel.Invalid) {
			t.Errorf("it passed: %v", err)
		}
	})
}

// own is a workload with one tag.
func own(key, value string, rules ...run.TagRule) run.TagSet {
	return run.TagSet{Tags: []run.Tag{{Key: key, Value: value, From: run.FromWorkload}}, Rules: rules}
}
