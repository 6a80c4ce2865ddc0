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
