package run_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhoseGatewayIsAsked deploys to a stage of each runtime that has a check.
func TestWhoseGatewayIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []func(*run.Deps)
		own     bool
	}{
		"process":    {nil, true},
		"kubernetes": {[]func(*run.Deps){inCluster(t, inGit{}), checked(t)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t, c.options...)
			var asked atomic.Int32
			b.Verifies = func(in run.CheckInput) run.CheckResult {
				if asked.Add(1); in.Own != c.own {
					t.Errorf("%s asks Terrace's own gateway: %v, want %v", in.URL, in.Own, c.own)
				}
				return run.CheckResult{Passed: true}
			}
			b.Start(t)
			b.Await(t, b.Deploy(t, "dev", "1.0").ID, run.Succeeded)
			if asked.Load() == 0 {
				t.Error("nobody was asked")
			}
		})
	}
}

// checked gives every stage a check.
func checked(t *testing.T) func(*run.Deps) {
	t.Helper()
	return func(d *run.Deps) {
		stages := d.Stages.All()
		for i := range stages {
			stages[i].Verify = []stage.Check{{Name: "answers", HTTP: &stage.HTTPCheck{Path: "/"}}}
		}
		set, err := stage.NewSet(stages)
		if err != nil {
			t.Fatal(err)
		}
		d.Stages = set
	}
}

// TestNothingToCheck: a run that ends with its apply has every step that others have.
func TestNothingToCheck(t *testing.T) {
	t.Parallel()
	b := bench(t, inCluster(t, inGit{}))
	r := deployed(t, b, "1.0")
	want := []string{"run.queued", "run.planning", "run.approved", "run.applying", "run.verifying", "run.succeeded"}
	if diff := cmp.Diff(want, b.Journal.Types(r.ID)); diff != "" {
		t.Errorf("facts: %s", diff)
	}
	var told []string
	err := b.Events(runtest.As(runtest.Ada), runtest.Project, r.ID, false, func(lines []byte) error {
		for line := range bytes.Lines(lines) {
			var e run.Event
			runtest.Must(t, json.Unmarshal(line, &e))
			if strings.HasPrefix(e.Type, "run.") {
				told = append(told, e.Type)
			}
		}
		return nil
	})
	runtest.Must(t, err)
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("log: %s", diff)
	}
	if n := len(r.Phases); r.Phases[n-1].Name != "verify" || r.Phases[n-1].Ended == nil || len(r.Verification) != 1 || !r.Verification[0].Passed {
		t.Errorf("phases %+v, verification %+v", r.Phases, r.Verification)
	}
	d, err := b.Store.Deployment(t.Context(), r.Scope, r.Workload)
	runtest.Must(t, err)
	if d.Status != run.DeploymentVerified || d.VerifiedAt == nil || d.State == nil {
		t.Errorf("deployed: %+v", d)
	}
	if _, err := b.Plans.Load(t.Context(), r.ID, r.Plan.Digest); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a run that ended keeps its plan: %v", err)
	}
}
