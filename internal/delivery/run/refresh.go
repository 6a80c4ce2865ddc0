package run

import (
	"context"
	"errors"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Redeploy queues an ordinary run of the release that is deployed: its plan puts
// back what was changed outside.
func (s *Service) Redeploy(ctx context.Context, scope kernel.Scope, workload, reason string) (Run, error) {
	return s.anew(ctx, scope, Run{Workload: workload, Operation: Deploy, Reason: reason})
}

// Refresh queues a run that takes what is there at the addresses into the state,
// and changes nothing else.
func (s *Service) Refresh(ctx context.Context, scope kernel.Scope, workload string, addresses []string, reason string) (Run, error) {
	if len(addresses) == 0 {
		return Run{}, kernel.Errorf(kernel.Invalid, "no resource of %s is named whose state is to be taken over", workload)
	}
	return s.anew(ctx, scope, Run{Workload: workload, Operation: Refresh, Targets: slices.Sorted(slices.Values(addresses)), Reason: reason})
}

// anew queues a run with the release that is deployed.
func (s *Service) anew(ctx context.Context, scope kernel.Scope, r Run) (Run, error) {
	_, where, err := s.allowed(ctx, scope, scope.Stage, actionDeploy)
	if err != nil {
		return Run{}, err
	}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		d, err := s.current(ctx, where, r.Workload)
		r.Scope, r.Release = where, d.Release
		return r, err
	})
}

// view tells a plan for people. What a refresh would do is the plan's drift.
func (e *execution) view(st stage.Stage, p *tfjson.Plan) (PlanView, error) {
	if e.run.Operation != Refresh || p == nil {
		return planView(p), nil
	}
	drift := *p
	drift.ResourceChanges = p.ResourceDrift
	return planView(&drift), e.refreshesAlone(st, p.ResourceDrift)
}

// refreshesAlone refuses a refresh of more than was asked for: terraform takes
// what a resource depends on along with it.
func (e *execution) refreshesAlone(st stage.Stage, drift []*tfjson.ResourceChange) error {
	var more []string
	for _, rc := range drift {
		if rc == nil || rc.Mode == tfjson.DataResourceMode || slices.Contains(e.run.Targets, rc.Address) {
			continue
		}
		if e.s.Trifling == nil || !e.s.Trifling(st, rc) {
			more = append(more, rc.Address)
		}
	}
	if len(more) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "what was changed of %s would be recorded, too, as what is to be recorded depends on it", strings.Join(more, ", ")).
		WithFix("check again and accept these as well, or put them back first; see terrace drift list")
}

// unrecordable explains why a refresh cannot be planned: what is deployed could be,
// so it is what is gone that something in the code still leads to.
func (e *execution) unrecordable(err error) error {
	failed, ok := errors.AsType[*kernel.Error](err)
	if e.run.Operation != Refresh || !ok || failed.Kind != kernel.Invalid {
		return err
	}
	return kernel.Errorf(kernel.Refused, "what is there cannot be recorded, because code still refers to what is gone: %s", failed.Message).
		WithFix("take it out of the code and deploy that, or have it put back: terrace drift revert").WithProblems(failed.Problems...)
}

// recordRefreshed notes that the state is of now. What is deployed is what it
// was, so its release keeps what is known of it, that it is verified included.
func (e *execution) recordRefreshed(ctx context.Context, r Run) error {
	d, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil {
		return err
	}
	now := e.s.Clock.Now()
	before := d
	d.AppliedAt = &now
	if err := e.remember(ctx, r, before, &d); err != nil {
		return err
	}
	return e.s.Store.PutDeployment(ctx, d)
}

// refreshed ends a run that took what is there into the state.
func (e *execution) refreshed(ctx context.Context) error {
	return e.move(ctx, change{to: Succeeded, edit: func(_ context.Context, r *Run) error {
		r.Verification = []CheckResult{{Check: "refreshed", Passed: true, Message: "what is there is recorded; nothing was changed"}}
		return nil
	}})
}
