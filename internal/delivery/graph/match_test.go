package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// at returns a definition of the type with the criteria.
func at(name, typ string, criteria ...graph.Criterion) graph.Definition {
	return graph.Definition{Name: name, Type: typ, Criteria: criteria, Module: graph.ModuleRef{Source: "terrace/" + typ + "/local"}}
}

func shop(stage string) graph.Context {
	return graph.Context{Tenant: "default", Project: "shop", Stage: stage, Target: "local", Workload: "orders"}
}

func TestTheMostSpecificWins(t *testing.T) {
	t.Parallel()
	any, target := graph.Criterion{}, graph.Criterion{Target: "local"}
	project, stage := graph.Criterion{Project: "shop"}, graph.Criterion{Stage: "prod"}
	id := graph.Criterion{ID: "main"}
	all := graph.Criterion{ID: "main", Stage: "prod", Project: "shop", Target: "local"}
	lower := graph.Criterion{Project: "shop", Target: "local"}
	cases := map[string]struct {
		reason    string
		a, b      graph.Criterion
		class, id string
		want      string
	}{
		"target over any":          {"a target is more specific than none", any, target, "", "", "b"},
		"project over target":      {"project is compared before target", target, project, "", "", "b"},
		"stage over project":       {"stage is compared before project", project, stage, "", "", "b"},
		"stage over lower fields":  {"one field of higher rank beats all of lower rank", lower, stage, "", "", "b"},
		"id over stage":            {"id is compared before stage", stage, id, "", "main", "b"},
		"id over all lower fields": {"id beats stage, project and target together", graph.Criterion{Stage: "prod", Project: "shop", Target: "local"}, id, "", "main", "b"},
		"more over fewer":          {"with equal higher fields the lower ones decide", id, all, "", "main", "b"},
		"order has no meaning":     {"the first in the list has no advantage", all, id, "", "main", "a"},
		"another id":               {"the trap: a rule for {class x, id y} does not hide the wildcard for other ids of x", graph.Criterion{Class: "x"}, graph.Criterion{Class: "x", ID: "y"}, "x", "z", "a"},
		"no id":                    {"a rule with an id does not apply to a resource without one", graph.Criterion{Class: "x"}, graph.Criterion{Class: "x", ID: "y"}, "x", "", "a"},
		"that id":                  {"and it does apply to its own id", graph.Criterion{Class: "x"}, graph.Criterion{Class: "x", ID: "y"}, "x", "y", "b"},
		"class is no wildcard":     {"an empty class means default, not any", any, graph.Criterion{Class: "x"}, "x", "", "b"},
		"default class":            {"a resource without a class has the class default", graph.Criterion{Class: "x"}, graph.Criterion{Class: "default"}, "", "", "b"},
		"class before specificity": {"a more specific criterion of another class does not count", graph.Criterion{Class: "x"}, all, "x", "main", "a"},
		"another stage":            {"a criterion for another stage does not apply", any, graph.Criterion{Stage: "dev"}, "", "", "a"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, defs := range [][]graph.Definition{
				{at("a", "redis", c.a), at("b", "redis", c.b), at("other", "mysql")},
				{at("b", "redis", c.b), at("a", "redis", c.a)},
			} {
				got, why, err := graph.Match(defs, shop("prod"), "redis", c.class, c.id)
				if err != nil || got.Name != c.want || why.Definition != c.want {
					t.Errorf("%s: %s won, want %s (%v)", c.reason, got.Name, c.want, err)
				}
			}
		})
	}
}

func TestExplanation(t *testing.T) {
	t.Parallel()
	defs := []graph.Definition{
		at("everywhere", "redis"),
		at("prod", "redis", graph.Criterion{Stage: "prod"}, graph.Criterion{Stage: "qs"}),
		at("large", "redis", graph.Criterion{Class: "large"}),
		at("one", "redis", graph.Criterion{ID: "one"}),
	}
	_, why, err := graph.Match(defs, shop("prod"), "redis", "", "two")
	if err != nil {
		t.Fatal(err)
	}
	def := func(c graph.Criterion) graph.Criterion { c.Class = "default"; return c }
	want := graph.Explanation{
		Type: "redis", Class: "default", ID: "two", Context: shop("prod"),
		Definition: "prod", Criterion: def(graph.Criterion{Stage: "prod"}),
		Candidates: []graph.Candidate{
			{"prod", def(graph.Criterion{Stage: "prod"}), true, true, "wins: it is the most specific that applies, with class: default, stage: prod"},
			{"everywhere", def(graph.Criterion{}), true, false, "applies, but prod is more specific: it names the stage prod"},
			{"one", def(graph.Criterion{ID: "one"}), false, false, "does not apply: it is for the id one, not two"},
			{"prod", def(graph.Criterion{Stage: "qs"}), false, false, "does not apply: it is for the stage qs, not prod"},
			{"large", graph.Criterion{Class: "large"}, false, false, "does not apply: it is for the class large, not default"},
		},
	}
	if diff := cmp.Diff(want, why); diff != "" {
		t.Error(diff)
	}
}

func TestNoMatchSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	defs := []graph.Definition{at("caches", "redis", graph.Criterion{Stage: "prod"}), at("db", "mysql")}
	cases := map[string]struct {
		defs  []graph.Definition
		typ   string
		wants []string
	}{
		"unknown type":  {defs, "rediss", []string{`no definition serves the type "rediss"`, "did you mean redis?", "mysql, redis", "spec.type rediss", "terrace definition apply"}},
		"nothing known": {nil, "redis", []string{"there are no definitions yet"}},
		"wrong stage":   {defs, "redis", []string{"of the type redis applies to {class: default, stage: dev", "caches {class: default, stage: prod}"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := graph.Match(c.defs, shop("dev"), c.typ, "", "")
			if !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %q", want, err)
				}
			}
		})
	}
}

func TestIndexRefuses(t *testing.T) {
	t.Parallel()
	same := graph.Criterion{Stage: "dev"}
	broken := at("broken", "redis")
	broken.Inputs = map[string]any{"a": []any{"${nothing.x}"}}
	cases := map[string]struct {
		defs []graph.Definition
		kind kernel.Kind
		want string
	}{
		"within one":      {[]graph.Definition{at("a", "redis", same, same)}, kernel.Conflict, "a has the criterion {class: default, stage: dev} twice"},
		"across two":      {[]graph.Definition{at("a", "redis", same), at("b", "redis", same)}, kernel.Conflict, "a and b of type redis have the same criterion"},
		"written default": {[]graph.Definition{at("a", "redis"), at("b", "redis", graph.Criterion{Class: "default"})}, kernel.Conflict, "same criterion"},
		"a name twice":    {[]graph.Definition{at("a", "redis"), at("a", "mysql")}, kernel.Conflict, "two definitions named a"},
		"placeholder":     {[]graph.Definition{broken}, kernel.Invalid, `definition broken: inputs.a[0]: ${nothing.x}: nothing is known as "nothing"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := graph.NewIndex(c.defs)
			if !kernel.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s %q", err, c.kind, c.want)
			}
		})
	}
	if _, err := graph.NewIndex([]graph.Definition{at("a", "redis", same), at("b", "mysql", same)}); err != nil {
		t.Errorf("the same criterion for two types is fine: %v", err)
	}
}
