package runner_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// held plans the root module and returns the plan with its work directory.
func (b bench) held(t *testing.T, run, root string) (plan *runner.Warm, work string) {
	t.Helper()
	job := b.job(t, run, stack, tokens.PhasePlan, root)
	job.Warm, job.KeepPlan = true, nil
	result, err := b.Plan(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = result.Warm.Close() })
	found, err := filepath.Glob(filepath.Join(b.DataDir, "runs", run+"-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v; want the plan's work directory", found, err)
	}
	return result.Warm, found[0]
}

// TestAHeldPlanIsAppliedWhereItLies, whatever the programs of the plan left there.
func TestAHeldPlanIsAppliedWhereItLies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deploy(t, "run_1", stack, data(`{"a":{"input":"first"}}`)) // initialised by now
	root := data(`{"a":{"input":"one"}}`)
	plan, work := b.held(t, "run_2", root)
	for name, content := range map[string]string{
		"evil_override.tf.json": `{"resource":{"terraform_data":{"a":{"input":"evil"}}}}`, "main.tf.json": "{}", "terrace.tfrc": "no configuration",
		"terrace_backend_override.tf.json": "{}", "terraform.tfvars": "nothing", "deep/er": "x", ".terraform.lock.hcl": "no lock",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(work, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(work, name), []byte(content), 0o600))
	}
	outside := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(outside, []byte("as it was"), 0o600))
	must(t, os.Remove(filepath.Join(work, "terrace.tfrc")))
	must(t, os.Symlink(outside, filepath.Join(work, "terrace.tfrc")))
	result, err := b.ApplyWarm(context.Background(), b.job(t, "run_2", stack, tokens.PhaseApply, root), plan, nil)
	if err != nil || string(result.Outputs["names"]) != `["a",1]` {
		t.Fatalf("%v, %v", result.Outputs, err)
	}
	if raw, err := os.ReadFile(outside); err != nil || string(raw) != "as it was" {
		t.Errorf("%q, %v: it wrote through a link", raw, err)
	}
	if again := b.plan(t, "run_3", stack, root); summaryOf(again).Noop != 1 {
		t.Errorf("after it: %+v", summaryOf(again))
	}
	b.isClean(t)
}

func TestAHeldPlanThatWasAlteredIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"one"}}`)
	for name, alter := range map[string]func(path string) error{
		"another": func(path string) error { return os.WriteFile(path, []byte("another plan"), 0o600) },
		"none":    os.Remove,
		"a link":  func(path string) error { return errors.Join(os.Rename(path, path+"-2"), os.Symlink(path+"-2", path)) },
	} {
		plan, work := b.held(t, "run_1", root)
		must(t, alter(filepath.Join(work, "terrace.tfplan")))
		if _, err := b.ApplyWarm(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), plan, nil); err == nil {
			t.Errorf("%s was applied", name)
		} else if name == "another" && !kernel.Is(err, kernel.Refused) {
			t.Errorf("%s: %v, want refused", name, err)
		}
		b.isClean(t)
	}
}

// TestAHeldPlanCanBeKept where it turns out that it is to wait, and then is gone.
func TestAHeldPlanCanBeKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"one"}}`)
	plan, _ := b.held(t, "run_1", root)
	from, err := plan.Open(context.Background())
	must(t, err)
	raw, err := io.ReadAll(from)
	must(t, errors.Join(err, from.Close(), plan.Close(), plan.Close()))
	b.isClean(t)
	kept := planned(string(raw))
	if _, err := b.Apply(context.Background(), b.job(t, "run_1", stack, tokens.PhaseApply, root), kept, nil); err != nil {
		t.Error(err)
	}
	if known := slices.Collect(maps.Keys(b.plans.kept)); len(known) != 0 {
		t.Errorf("%v was kept beside it", known)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
