package run_test

import (
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
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
