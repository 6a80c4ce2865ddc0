package run_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const replacedService = "module.workload"

// replacing is a bench on which the second release replaces the service, by the
// actions in their order, after one that has made it.
func replacing(t *testing.T, order ...string) (*runtest.Bench, run.Run) {
	t.Helper()
	b := bench(t)
	b.World.Replaces = map[string][]string{replacedService: order}
	first := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, first.ID))
	b.Await(t, first.ID, run.Succeeded)
	return b, b.Deploy(t, "dev", "2")
}

var errQuota = kernel.Errorf(kernel.Invalid, "terraform apply failed: quota exceeded")

// TestAReplacementIsAppliedWhenBothOfItsHalvesAre: what was destroyed and not made
// again is told as that, wherever a person looks.
func TestAReplacementIsAppliedWhenBothOfItsHalvesAre(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		order []string
		// fails is the action that does, in its provisioner where that was begun.
		fails       string
		provisioned bool
		want        run.Progress
		says        string
	}{
		"destroyed first, not made": {
			order: []string{"delete", "create"}, fails: "create",
			want: run.Progress{Of: 1, Destroyed: []string{replacedService}},
			says: "applied were 0 of 1 changes; destroyed, not made again: " + replacedService,
		},
		"not even destroyed": {
			order: []string{"delete", "create"}, fails: "delete",
			want: run.Progress{Of: 1}, says: "applied were 0 of 1 changes",
		},
		"made first, not destroyed": {
			order: []string{"create", "delete"}, fails: "delete",
			want: run.Progress{Of: 1, Doubled: []string{replacedService}},
			says: "applied were 0 of 1 changes; made anew, the old one is still there: " + replacedService,
		},
		"not even made": {
			order: []string{"create", "delete"}, fails: "create",
			want: run.Progress{Of: 1}, says: "applied were 0 of 1 changes",
		},
		"destroyed first, made in part": {
			order: []string{"delete", "create"}, fails: "create", provisioned: true,
			want: run.Progress{Of: 1, Partial: []string{replacedService}},
			says: "applied were 0 of 1 changes; made in part, as its provisioner failed: " + replacedService,
		},
		"made first, in part": {
			order: []string{"create", "delete"}, fails: "create", provisioned: true,
			want: run.Progress{Of: 1, Partial: []string{replacedService}},
			says: "applied were 0 of 1 changes; made in part, as its provisioner failed: " + replacedService,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := replacing(t, tc.order...)
			b.World.Provisions = tc.provisioned
			b.World.Step = func(_ context.Context, _ run.Job, address, action string) error {
				if address == replacedService && action == tc.fails {
					return errQuota
				}
				return nil
			}
			runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
			r = b.Await(t, r.ID, run.Failed)
			if strings.Count(r.Failure.Message, replacedService) > 1 {
				t.Errorf("it is told twice: %s", r.Failure.Message)
			}
			if !strings.HasSuffix(r.Failure.Message, "quota exceeded; "+tc.says) {
				t.Errorf("the failure: %s", r.Failure.Message)
			}
			if diff := cmp.Diff(&tc.want, r.Failure.Progress); diff != "" {
				t.Errorf("the progress: %s", diff)
			}
			toldEverywhere(t, b, r, tc.says)
		})
	}
}

// toldEverywhere checks what is said of a run that has ended.
func toldEverywhere(t *testing.T, b *runtest.Bench, r run.Run, says string) {
	t.Helper()
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
	if err != nil || !strings.Contains(strings.Join(x.Details, "\n"), says) {
		t.Errorf("explained with %q, %v", x.Details, err)
	}
	lines, _, _, err := b.Logs.Read(t.Context(), r.ID, 0)
	if err != nil || !strings.Contains(string(lines), `"type":"run.`+string(r.Status)+`"`) || !strings.Contains(string(lines), says) {
		t.Errorf("the log, %v: %s", err, lines)
	}
}

// TestACanceledReplacementIsToldHalf: in order or by force, while it is executed or
// after its process has died.
func TestACanceledReplacementIsToldHalf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		force bool
		dead  bool
		says  string
	}{
		"in order":  {says: "applied were 0 of 1 changes; destroyed, not made again: " + replacedService},
		"by force":  {force: true, says: "destroyed, and no end is told of making it again: " + replacedService},
		"with dead": {dead: true, says: "destroyed, and no end is told of making it again: " + replacedService},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := replacing(t, "delete", "create")
			cancel := func(b *runtest.Bench) {
				_, err := b.Cancel(runtest.As(runtest.Ada), runtest.Project, r.ID, "wrong one", tc.force)
				runtest.Must(t, err)
			}
			if tc.dead {
				dieAt(t, b, r.ID, "create")
				b = b.Restart(t)
				b.World.Step = nil
				cancel(b)
			} else {
				b.World.Step = func(ctx context.Context, _ run.Job, _, action string) error {
					if action != "create" {
						return nil
					}
					cancel(b)
					<-ctx.Done()
					if tc.force { // it was killed, and says nothing any more
						return nil
					}
					return kernel.Errorf(kernel.Unavailable, "terraform apply was stopped")
				}
				runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
			}
			r = b.Await(t, r.ID, run.Canceled)
			if !strings.Contains(r.Failure.Message, tc.says) {
				t.Errorf("the failure: %s", r.Failure.Message)
			}
			toldEverywhere(t, b, r, tc.says)
		})
	}
}

// dieAt has the process that executes the run die in the middle of an action.
func dieAt(t *testing.T, b *runtest.Bench, id, action string) {
	t.Helper()
	dead, reached, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b.World.Step = func(_ context.Context, _ run.Job, address, at string) error {
		if address == replacedService && at == action {
			close(reached)
			<-dead
			return kernel.Errorf(kernel.Unavailable, "the process died")
		}
		return nil
	}
	go func() {
		defer close(ended)
		_ = b.Advance(context.Background(), runtest.Project, id) // what it says no longer counts
	}()
	<-reached
	t.Cleanup(func() { close(dead); <-ended })
}

// TestAReplacementThatWasCutOffIsContinued: the half that is left is the rest of what
// was approved, and what was done before is told until it is whole.
func TestAReplacementThatWasCutOffIsContinued(t *testing.T) {
	t.Parallel()
	b, r := replacing(t, "delete", "create")
	dieAt(t, b, r.ID, "create")
	next := b.Restart(t)
	says := "destroyed, and no end is told of making it again: " + replacedService
	x, err := next.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
	if err != nil || !slices.ContainsFunc(x.Details, func(d string) bool { return strings.HasPrefix(d, "so far, ") && strings.Contains(d, says) }) {
		t.Errorf("explained with %q, %v", x.Details, err)
	}
	var reason string
	next.World.Step = func(context.Context, run.Job, string, string) error {
		reason = next.Now(t, r.ID).StatusReason
		return errQuota
	}
	runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
	r = next.Await(t, r.ID, run.Failed)
	if !strings.Contains(reason, "the rest of the plan, after an interruption; before it, ") || !strings.Contains(reason, says) {
		t.Errorf("the reason while it was continued: %s", reason)
	}
	if !strings.HasSuffix(r.Failure.Message, "quota exceeded; applied were 0 of 1 changes; destroyed, not made again: "+replacedService) {
		t.Errorf("the failure: %s", r.Failure.Message)
	}
	b, r = replacing(t, "delete", "create")
	dieAt(t, b, r.ID, "create")
	next = b.Restart(t)
	next.World.Step = nil
	runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
	next.Await(t, r.ID, run.Succeeded)
}
