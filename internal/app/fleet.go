package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// newFleet makes the remote runners' room; its fences are the runs', which come later.
func newFleet(p *platform, a *access, d *delivery, logs run.Logs) *fleet.Service {
	return fleet.New(fleet.Deps{
		Tx: p.db, Store: fleetsql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Logs: fleetLogs{logs},
		States: d.states, Sealer: p.sealer, Blobs: p.blobs, Log: p.log,
	})
}

// fleetLogs adds what runners tell to the logs of runs.
type fleetLogs struct{ logs run.Logs }

func (a fleetLogs) Append(ctx context.Context, tenant, id string, events []fleet.Event) error {
	all := make([]run.Event, len(events))
	for i, e := range events {
		all[i] = run.Event{Time: e.Time, Run: id, Phase: e.Phase, Level: e.Level, Type: e.Type, Address: e.Address, Action: e.Action, Message: e.Message}
	}
	return a.logs.Append(ctx, tenant, id, all...)
}

// Has reads the log from its start: it is asked for after a failure alone.
func (a fleetLogs) Has(ctx context.Context, id string, events []fleet.Event) (int, error) {
	found := 0
	for offset := int64(0); ; {
		lines, next, _, err := a.logs.Read(ctx, id, offset)
		if err != nil || len(lines) == 0 {
			return found, err
		}
		offset = next
		for line := range bytes.Lines(lines) {
			var e run.Event
			if json.Unmarshal(line, &e) == nil && found < len(events) && sameEvent(e, events[found]) {
				found++
			}
		}
	}
}

func sameEvent(e run.Event, f fleet.Event) bool {
	return e.Time.Equal(f.Time) && e.Phase == f.Phase && e.Level == f.Level && e.Type == f.Type && e.Address == f.Address && e.Action == f.Action && e.Message == f.Message
}

// dispatcher executes runs here, or at a remote runner where their stage wants that.
type dispatcher struct {
	planner

	fleet *fleet.Service
}

func (a dispatcher) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	if !job.Stage.Remote() {
		return a.planner.Plan(ctx, job, sink)
	}
	result, err := a.remotely(ctx, job, "plan", run.PlanFile{})
	var planned run.Planned
	if err == nil {
		planned, err = planOf(ctx, result, job.Keep)
	}
	return planned, errors.Join(err, result.Close())
}

// planOf reads what a runner's plan says, and keeps the plan file where it is wanted.
func planOf(ctx context.Context, result fleet.Result, keep func(context.Context, run.PlanFile) error) (run.Planned, error) {
	text, err := result.Open(ctx, fleet.PartPlanJSON)
	if err != nil {
		return run.Planned{}, err
	}
	plan, err := planjson.Decode(text)
	if err := errors.Join(err, text.Close()); err != nil {
		return run.Planned{}, fmt.Errorf("read the plan of a runner: %w", err)
	}
	if keep != nil {
		err = keep(ctx, run.PlanFile{Digest: result.Plan, Open: func(ctx context.Context) (io.ReadCloser, error) {
			return result.Open(ctx, fleet.PartPlanFile)
		}})
	}
	return run.Planned{Digest: result.Plan, JSON: plan}, err
}

func (a dispatcher) Apply(ctx context.Context, job run.Job, plan run.PlanFile, sink func(run.Event)) (run.Applied, error) {
	if !job.Stage.Remote() {
		return a.planner.Apply(ctx, job, plan, sink)
	}
	result, err := a.remotely(ctx, job, "apply", plan)
	return appliedOf(result), errors.Join(err, result.Close())
}

// remotely has a runner execute the job; who calls it closes the result.
func (a dispatcher) remotely(ctx context.Context, job run.Job, phase string, plan run.PlanFile) (fleet.Result, error) {
	sent, err := fleetJob(job, phase)
	if err != nil {
		return fleet.Result{}, err
	}
	waits, c, end := control(ctx, job)
	defer end()
	result, err := a.fleet.Execute(waits, sent, fleet.PlanFile(plan), c)
	return result, outcomeOf(result, err)
}

// control makes of the end of ctx what it means for a runner: a stop where somebody
// canceled the run, or nobody wants to look any longer, and nothing where only this
// process ends.
func control(ctx context.Context, job run.Job) (waits context.Context, c fleet.Control, end func()) {
	stop := make(chan struct{})
	waits, leave := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if run.Stopped(ctx) || job.Unlocked {
			close(stop)
			return
		}
		leave()
	})
	return waits, fleet.Control{Stop: stop, Kill: job.Kill}, func() { unhook(); leave() }
}

func outcomeOf(result fleet.Result, err error) error {
	if lost, ok := errors.AsType[*fleet.LostError](err); ok {
		return &run.InterruptedError{Message: lost.Reason, Begun: lost.Begun}
	}
	if err != nil {
		return err
	}
	return result.Error.Err()
}

func appliedOf(result fleet.Result) run.Applied {
	applied := run.Applied{Outputs: result.Outputs, Busy: result.Busy}
	for _, e := range result.Existing {
		applied.Existing = append(applied.Existing, run.Adoption{Address: e.Address, ID: e.ID})
	}
	return applied
}

// fleetOf is the fleet as the run room asks for it.
type fleetOf struct{ *fleet.Service }

func (a fleetOf) Applied(ctx context.Context, job run.Job) (run.Applied, bool, error) {
	waits, c, end := control(ctx, job)
	defer end()
	result, ok, err := a.Service.Applied(waits, job.Run, job.Fence, c)
	return appliedOf(result), ok, errors.Join(outcomeOf(result, err), result.Close())
}

// sweepFleet forgets assignments that ended long ago.
func (d *delivery) sweepFleet() supervise.Loop {
	return func(ctx context.Context) error {
		_, err := d.fleet.Sweep(ctx)
		return err
	}
}
