package run_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const leakedValue = "correct-horse-Battery-9"

// leaky is a planner whose plans show a value, and a gate that finds it.
type leaky struct{ run.Planner }

func (l leaky) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	planned, err := l.Planner.Plan(ctx, job, sink)
	if err == nil {
		planned.JSON.ResourceChanges = append(planned.JSON.ResourceChanges, &tfjson.ResourceChange{
			Address: "app.a", Mode: tfjson.ManagedResourceMode, Type: "app", Name: "a", Change: &tfjson.Change{
				Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: map[string]any{"url": "db"}, After: map[string]any{"url": "db://u:" + leakedValue + "@h", "list": []any{leakedValue}},
			},
		})
		planned.JSON.OutputChanges = map[string]*tfjson.Change{"key": {Actions: tfjson.Actions{tfjson.ActionCreate}, After: leakedValue}}
	}
	return planned, err
}

func (leaky) Name() string { return "policy" }

func (leaky) Evaluate(context.Context, run.GateInput) (run.GateResult, error) {
	return run.GateResult{Level: run.Advisory, Outcome: run.Missed, Message: "it shows a secret", Hidden: []string{leakedValue}}, nil
}

// inDiff shows it in a file.
type inDiff struct{}

func (inDiff) Changes(context.Context, kernel.Scope, *tfjson.Plan) ([]run.FileChange, error) {
	return []run.FileChange{{Path: "a.yaml", Change: "added", Diff: "+key: " + leakedValue + "\n"}}, nil
}

// TestWhatAGateHasFoundInAPlanIsNotShown: neither in changes nor in outputs and files.
func TestWhatAGateHasFoundInAPlanIsNotShown(t *testing.T) {
	t.Parallel()
	b := bench(t, inCluster(t, inGit{}), func(d *run.Deps) {
		l := leaky{d.Planner}
		d.Planner, d.Gates, d.Manifests = l, []run.Gate{l}, inDiff{}
	}).Start(t)
	r := dry(t, b, run.ChangeRequest{Stage: "dev", Release: b.Deploy(t, "dev", "1.0").Release.ID}, b.Service.Promote)
	d, _, err := b.GetDossier(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	text, err := json.Marshal(d)
	runtest.Must(t, err)
	if strings.Contains(string(text), leakedValue) || strings.Count(string(text), "(secret)") != 4 {
		t.Error(string(text))
	}
}
