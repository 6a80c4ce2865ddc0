package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"

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

func (a fleetLogs) Append(ctx context.Context, id string, events []fleet.Event) error {
	all := make([]run.Event, len(events))
	for i, e := range events {
		all[i] = run.Event{Time: e.Time, Run: id, Phase: e.Phase, Level: e.Level, Type: e.Type, Address: e.Address, Message: e.Message}
	}
	return a.logs.Append(ctx, id, all...)
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
	result, err := a.remotely(ctx, job, "plan", nil)
	if err != nil {
		return run.Planned{}, err
	}
	plan, err := planjson.Decode(bytes.NewReader(result.PlanJSON))
	if err != nil {
		return run.Planned{}, fmt.Errorf("read the plan of a runner: %w", err)
	}
	return run.Planned{File: result.PlanFile, JSON: plan}, nil
}

func (a dispatcher) Apply(ctx context.Context, job run.Job, plan []byte, sink func(run.Event)) (run.Applied, error) {
	if !job.Stage.Remote() {
		return a.planner.Apply(ctx, job, plan, sink)
	}
	result, err := a.remotely(ctx, job, "apply", plan)
	return appliedOf(result), err
}

func (a dispatcher) remotely(ctx context.Context, job run.Job, phase string, plan []byte) (fleet.Result, error) {
	sent, err := fleetJob(job, phase)
	if err != nil {
		return fleet.Result{}, err
	}
	waits, c, end := control(ctx, job)
	defer end()
	result, err := a.fleet.Execute(waits, sent, plan, c)
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
	return appliedOf(result), ok, outcomeOf(result, err)
}

// sweepFleet forgets assignments that ended long ago.
func (d *delivery) sweepFleet() supervise.Loop {
	return func(ctx context.Context) error {
		_, err := d.fleet.Sweep(ctx)
		return err
	}
}
