package run_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// slow is a planner while whose plans something happens.
type slow struct {
	run.Planner

	after func(stack string)
}

func (s *slow) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	made, err := s.Planner.Plan(ctx, job, sink)
	if then := s.after; then != nil {
		s.after = nil
		then(job.Stack)
	}
	return made, err
}

// changing are stages whose set another becomes.
type changing struct{ *stage.Set }

// TestAStageThatIsFrozenWhileARunIsPlannedHoldsIt: a plan may take long.
func TestAStageThatIsFrozenWhileARunIsPlannedHoldsIt(t *testing.T) {
	t.Parallel()
	h, stages, p := noon(), &changing{}, &slow{}
	frozen := func(windows ...stage.Window) {
		var d run.Deps
		staged(t, h, func(dev, _ *stage.Stage) { dev.Windows = windows })(&d)
		stages.Set = d.Stages.(*stage.Set)
	}
	frozen()
	b := bench(t, func(d *run.Deps) { p.Planner, d.Planner, d.Stages, d.Clock = d.Planner, p, stages, h.clock })
	p.after = func(string) {
		frozen(stage.Window{Name: "freeze", Kind: stage.WindowDeny, RRule: "DTSTART=20261126T000000;FREQ=DAILY;COUNT=1", Duration: 24 * time.Hour})
	}
	r := carry(t, b, b.Deploy(t, "dev", "1"))
	if r.Status != run.Approved || r.Deferral == nil || r.Deferral.Window != "freeze" || len(b.World.Applied) != 0 {
		t.Fatalf("%s, held by %+v, applied %v", r.Status, r.Deferral, b.World.Applied)
	}
	h.pass(12 * time.Hour)
	if r = carry(t, b, r); r.Status != run.Succeeded {
		t.Errorf("when it opens: %s, %+v", r.Status, r.Failure)
	}
}

// TestWhatChangesWhileARunIsPlannedIsPlannedAgain: the first plan is not applied.
func TestWhatChangesWhileARunIsPlannedIsPlannedAgain(t *testing.T) {
	t.Parallel()
	under := &zone{}
	var b *runtest.Bench
	for name, change := range map[string]func(stack string){
		"the state":        func(stack string) { b.World.Drift(stack, "module.foreign", "1") },
		"the landing zone": func(string) { under.set("second") },
	} {
		under.set("first")
		p := &slow{}
		b = bench(t, func(d *run.Deps) { p.Planner, d.Planner, d.Zones = d.Planner, p, under })
		p.after = change
		r := carry(t, b, b.Deploy(t, "dev", "1"))
		told := b.Journal.Types(r.ID)
		if stale := slices.Index(told, "run.stale"); r.Status != run.Succeeded || stale < 0 || slices.Index(told, "run.applying") < stale {
			t.Errorf("%s: %s, %+v, recorded are %v", name, r.Status, r.Failure, told)
		}
	}
}
