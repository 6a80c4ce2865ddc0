package app

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetagent"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// fullJob has a value in every field.
func fullJob(t *testing.T) run.Job {
	t.Helper()
	job := run.Job{
		Run: "run_1", Stack: "acme/shop/orders/dev", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Attempt: 2, Fence: 7,
		Stage: stage.Stage{
			Name: "dev", Target: stage.TargetAWS, Environment: map[string]string{"A": "1"}, PlanEnvironment: map[string]string{"B": "2"}, Identity: stage.Identity{Plan: "p", Apply: "a"},
			Limits: stage.Limits{Memory: 512, Processes: 9, Disk: 5, Output: 3, Time: stage.Duration(time.Minute)},
		},
		Files: map[string][]byte{"main.tf.json": []byte("{}"), render.SecretFile: []byte(`{"taken":"hush"}`)}, Token: "secret", Destroy: true, RefreshOnly: true, Unlocked: true,
		Targets: []string{"module.a"}, Partial: true, Kill: make(chan struct{}),
		Keep: func(context.Context, run.PlanFile) error { return errKept }, Warm: true,
	}
	complete(t, job)
	return job
}

var errKept = errors.New("it was kept")

// complete fails the test where a field has no value, but for those named.
func complete(t *testing.T, v any, but ...string) {
	t.Helper()
	value := reflect.ValueOf(v)
next:
	for i := range value.NumField() {
		field := value.Type().Field(i)
		for _, name := range but {
			if field.Name == name {
				continue next
			}
		}
		if field.IsExported() && value.Field(i).IsZero() {
			t.Errorf("%s.%s is not copied", value.Type(), field.Name)
		}
	}
}

// TestAJobArrivesWhole: what the run room asks for is what a remote runner is told,
// and what the runner of this process does. A new field of a job fails here until
// it is copied.
func TestAJobArrivesWhole(t *testing.T) {
	t.Parallel()
	job := fullJob(t)
	sent, err := fleetJob(job, "plan")
	if err != nil {
		t.Fatal(err)
	}
	complete(t, sent, "Labels", "Plan", "Receipt") // the stage has none, and the others come later
	raw, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var got fleet.Job
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	back, err := arrived(fleetagent.Execution{Job: got, Kill: job.Kill, Keep: func(context.Context, fleet.PlanFile) error { return errKept }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(job, back, cmpopts.IgnoreFields(run.Job{}, "Keep", "Warm")); diff != "" {
		t.Errorf("asked for and arrived: %s", diff)
	}
	back.Warm = job.Warm // that is for the runner of this process alone
	made := runnerJob(back, "plan", map[string]string{"DB_SECRET": "hush", "A": "1"})
	complete(t, made)
	if err := made.KeepPlan(t.Context(), runner.PlanFile{}); !errors.Is(err, errKept) {
		t.Errorf("the plan is not kept: %v", err)
	}
	if want := []string{"DB_SECRET"}; !cmp.Equal(made.Secret, want) || made.Limits != (runner.Limits{Memory: 512 << 20, Processes: 9, Disk: 5 << 20, Output: 3 << 20, Time: time.Minute}) {
		t.Errorf("secrets %v, limits %+v", made.Secret, made.Limits)
	}
}
