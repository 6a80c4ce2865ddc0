package run_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// inherits has tags of the tenant and of the project.
type inherits struct{}

func (inherits) Tags(context.Context, kernel.Scope) (run.TagSet, error) {
	return run.Inherit(map[string]string{"company": "acme", "Team": "nobody", "env": "mine"}, map[string]string{"team": "orders", "owner": "ann", "costcenter": "1", "empty": " "}, nil), nil
}

// TestTheNearestTagCounts: tenant, project, workload, platform, whatever the case.
func TestTheNearestTagCounts(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) { d.Projects = inherits{} }).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	i := slices.IndexFunc(r.Gates, func(g run.GateResult) bool { return g.Gate == "tags" })
	var got []string
	for _, tag := range r.Gates[i].Tags {
		got = append(got, tag.Key+"="+tag.Value+" "+tag.From)
	}
	for _, want := range []string{"company=acme tenant", "team=orders project", "env=dev platform", "project=shop platform", "workload=" + r.Workload + " platform"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if len(got) != 7 {
		t.Errorf("%q", got)
	}
	x, err := b.Explain(runtest.As(runtest.Grace), runtest.Project, r.ID)
	runtest.Must(t, err)
	if !strings.Contains(strings.Join(x.Details, "\n"), "company=acme (tenant)") {
		t.Errorf("explained as %q", x.Details)
	}
}

// demands has tags of tenant and project, and what these demand.
type demands struct{}

func (demands) Tags(context.Context, kernel.Scope) (run.TagSet, error) {
	return run.Inherit(map[string]string{"Team": "nobody", "company": "acme"}, map[string]string{"team": "orders", "owner": "ann", "costcenter": "1"}, []run.TagRule{
		{Key: "company", Values: []string{"acme", "other"}, From: run.FromTenant},
		{Key: "team", Pattern: "[0-9]+", From: run.FromProject},
		{Key: "data-class", From: run.FromProject},
	}), nil
}

// TestEachTagIsToldWithItsLayersAndDemands has what the gate would say of each.
func TestEachTagIsToldWithItsLayersAndDemands(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) { d.Projects = demands{} }).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Failed) // at the gate tags
	given, err := b.GivenTags(runtest.As(runtest.Grace), runtest.Project.InStage("dev"), r.Workload)
	runtest.Must(t, err)
	if given.Release == nil || given.Release.ID != r.Release.ID {
		t.Errorf("%+v", given.Release)
	}
	for key, want := range map[string]string{
		"team":       "orders project over nobody of tenant; project [0-9]+; the project wants [0-9]+",
		"company":    "acme tenant; tenant acme,other",
		"data-class": " ; project; nobody gives it",
		"env":        "dev platform; stage",
		"project":    "shop platform",
	} {
		i := slices.IndexFunc(given.Tags, func(g run.GivenTag) bool { return g.Key == key })
		if i < 0 {
			t.Errorf("%s is not told: %+v", key, given.Tags)
			continue
		}
		if got := layersOf(given.Tags[i]); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if _, err := b.GivenTags(runtest.As(runtest.Grace), runtest.Project, "nope"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("of a workload that there is not: %v", err)
	}
	of, err := b.GivenTags(runtest.As(runtest.Grace), runtest.Project, "")
	runtest.Must(t, err)
	if of.Release != nil || slices.ContainsFunc(of.Tags, func(g run.GivenTag) bool { return g.Key == "env" || g.Key == "workload" }) {
		t.Errorf("of the project alone: %+v", of)
	}
}

func layersOf(g run.GivenTag) string {
	text := g.Value + " " + g.From
	for _, l := range g.Over {
		text += " over " + l.Value + " of " + l.From
	}
	for _, d := range g.RequiredBy {
		text += "; " + strings.TrimSpace(d.By+" "+d.Pattern+strings.Join(d.Values, ","))
	}
	if g.Problem != "" {
		text += "; " + g.Problem
	}
	return text
}
