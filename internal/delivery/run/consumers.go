package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// actionOrphan lets remove a workload that others take from.
const actionOrphan = "workload.orphan"

// uses reports whether what is taken there is the named output of the stack; ""
// is anything.
func uses(takes []Take, where kernel.Scope, stack, output string) bool {
	return slices.ContainsFunc(takes, func(t Take) bool {
		return t.stack(where) == stack && (output == "" || slices.Contains(t.Outputs, output))
	})
}

// missed refuses a release that publishes no longer what others take.
func (s *Service) missed(ctx context.Context, r Run) error {
	users, err := s.Store.Takers(ctx, r.Scope, r.Workload)
	if err != nil {
		return err
	}
	var problems []kernel.Problem
	for _, d := range users {
		for _, t := range d.Takes {
			for _, name := range t.Outputs {
				if t.stack(d.Scope) == r.Stack && !slices.Contains(r.Publishes, name) {
					problems = append(problems, kernel.Problem{
						Path: "metadata.outputs", Message: fmt.Sprintf("%s takes the output %s, which %s does not publish any longer", userName(d, r.Scope), name, r.Release),
						Fix: "publish it, or deploy first what does not take it",
					})
				}
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "%s would take from others in %s what they need", r.Workload, r.Scope.Stage).WithProblems(problems...)
}

func userName(d Deployment, where kernel.Scope) string {
	return named(Take{Project: d.Scope.Project, Workload: d.Workload}, where)
}

// used refuses to remove a workload that others take from, unless these are on
// their way to be removed, too, or somebody who may insists.
func (s *Service) used(ctx context.Context, where kernel.Scope, name string, force bool) error {
	if force {
		return s.Authorizer.Authorize(ctx, actionOrphan, where)
	}
	users, err := s.Store.Takers(ctx, where, name)
	if err != nil {
		return err
	}
	var names []string
	for _, d := range users {
		goes, err := s.leaving(ctx, d)
		if err != nil {
			return err
		}
		if !goes {
			names = append(names, userName(d, where))
		}
	}
	open, err := s.Store.OpenFollowers(ctx, where, name)
	if err != nil {
		return err
	}
	for _, r := range open {
		if user := named(Take{Project: r.Scope.Project, Workload: r.Workload}, where); len(r.Takes) > 0 && !slices.Contains(names, user) {
			names = append(names, user)
		}
	}
	return inUse(where, name, names)
}

// leaving reports whether a run that removes it is on its way.
func (s *Service) leaving(ctx context.Context, d Deployment) (bool, error) {
	open, err := s.Store.Open(ctx, d.Scope, d.Stack)
	return slices.ContainsFunc(open, func(r Run) bool { return r.Operation == Destroy && !r.DryRun }), err
}

func inUse(where kernel.Scope, name string, users []string) error {
	if len(users) == 0 {
		return nil
	}
	slices.Sort(users)
	return kernel.Errorf(kernel.Refused, "%s is not removed from %s: %s takes from it", name, where.Stage, strings.Join(users, ", ")).
		WithFix("remove these first, or deploy what does not take from %s; an admin may insist with terrace destroy %s --stage %s --force", name, name, where.Stage)
}

// stillUsed asks again, before a removal is planned.
func (e *execution) stillUsed(ctx context.Context) error {
	if e.run.Operation != Destroy || e.run.Force {
		return nil
	}
	users, err := e.s.Store.Takers(ctx, e.scope, e.run.Workload)
	if err != nil {
		return err
	}
	var names []string
	for _, d := range users {
		if e.run.DryRun {
			if goes, err := e.s.leaving(ctx, d); err != nil || goes {
				continue
			}
		}
		names = append(names, userName(d, e.scope))
	}
	return inUse(e.scope, e.run.Workload, names)
}

// remember notes in a deployment that was applied where its state stands, with
// what it takes and publishes, and has those follow that take what has changed.
func (e *execution) remember(ctx context.Context, r Run, before Deployment, d *Deployment) error {
	state, err := e.s.State.Version(ctx, d.Stack)
	if err != nil {
		return err
	}
	if d.AppliedBy = r.ID; state.Version != "" {
		d.State = &state
	}
	d.Publishes = r.Publishes
	return e.spread(ctx, r, before, *d)
}

// spread queues a run of everything that takes an output which has changed.
func (e *execution) spread(ctx context.Context, r Run, before, after Deployment) error {
	changed, err := e.s.changedOutputs(ctx, before, after)
	if err != nil || len(changed) == 0 {
		return err
	}
	users, err := e.s.Store.Takers(ctx, after.Scope, after.Workload)
	if err != nil {
		return err
	}
	fact := outputsFact{Outputs: changed, Run: r.ID, Stack: after.Stack, Workload: after.Workload, Runs: []string{}}
	if after.State != nil {
		fact.Version, fact.Serial = after.State.Version, after.State.Serial
	}
	for _, d := range users {
		names := slices.DeleteFunc(slices.Clone(changed), func(name string) bool { return !uses(d.Takes, d.Scope, after.Stack, name) })
		if len(names) == 0 {
			continue
		}
		cause := Cause{Run: r.ID, Outputs: names, Message: outputsChanged(names, after.Stack)}
		queued, err := e.s.follow(ctx, d, cause, r)
		if err != nil {
			return err
		}
		if len(queued) > 0 {
			fact.Runs = append(fact.Runs, queued[0].ID)
		}
		e.told = append(e.told, queued...)
	}
	return e.s.Journal.Record(r.origin().in(ctx), kernel.Fact{Type: "run.outputs_changed", Scope: after.Scope, Subject: r.ID, Data: fact})
}

func outputsChanged(names []string, stack string) string {
	if len(names) == 1 {
		return fmt.Sprintf("output %s of %s changed", names[0], stack)
	}
	return fmt.Sprintf("outputs %s of %s changed", strings.Join(names, ", "), stack)
}

// outputsFact tells which outputs an apply changed, and never their values.
type outputsFact struct {
	Stack    string   `json:"stack"`
	Workload string   `json:"workload"`
	Run      string   `json:"run"`
	Outputs  []string `json:"outputs"`
	Version  string   `json:"version,omitempty"`
	Serial   int64    `json:"serial,omitempty"`
	// Runs are those that were queued for it.
	Runs []string `json:"runs"`
}

// changedOutputs are the names of published outputs whose value is another now.
func (s *Service) changedOutputs(ctx context.Context, before, after Deployment) ([]string, error) {
	was, err := s.published(ctx, before)
	if err != nil {
		return nil, err
	}
	is, err := s.published(ctx, after)
	if err != nil {
		return nil, err
	}
	var changed []string
	for name, out := range is {
		if old, there := was[name]; !there || !old.same(out) {
			changed = append(changed, name)
		}
	}
	for name := range was {
		if _, stays := is[name]; !stays {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// published are the outputs that a deployment publishes, with their values.
func (s *Service) published(ctx context.Context, d Deployment) (map[string]StateOutput, error) {
	if d.State == nil || len(d.Publishes) == 0 {
		return nil, nil
	}
	outputs, err := s.State.Outputs(ctx, d.Stack, d.State.Version)
	if err != nil {
		return nil, fmt.Errorf("outputs of %s: %w", d.Stack, err)
	}
	maps.DeleteFunc(outputs, func(name string, _ StateOutput) bool { return !slices.Contains(d.Publishes, name) })
	return outputs, nil
}

// follow queues a run that takes what has changed, unless one is on its way that
// does: one that was planned already is planned again. It returns that
// run, with those that it made void.
func (s *Service) follow(ctx context.Context, d Deployment, cause Cause, by Run) ([]Run, error) {
	open, err := s.Store.Open(ctx, d.Scope, d.Stack)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		switch {
		case r.DryRun || r.Operation == Refresh:
		case r.Operation == Destroy:
			return nil, nil
		case r.Status == AwaitingApproval:
			return nil, s.planAgain(ctx, &r, cause)
		case !r.begun(): // it takes what it finds before its apply
			return nil, nil
		}
	}
	r := Run{
		ID: kernel.NewID("run"), Stack: d.Stack, Scope: d.Scope, Workload: d.Workload, Release: d.Release, Operation: Deploy,
		RequestedBy: kernel.System("outputs", d.Scope.Tenant), Initiator: personBehind(by), Cause: &cause, Reason: cause.Message,
	}
	r.begin(ctx, by.origin())
	changed, err := s.queue(ctx, &r)
	return append([]Run{r}, changed...), err
}

// catchUp queues a run with inputs that have changed, after one which was to take
// them has ended without an apply.
func (s *Service) catchUp(ctx context.Context, r Run) error {
	asked := r.Cause == nil || len(r.Cause.Outputs) == 0
	if !asked || r.DryRun || r.Status == Succeeded || r.Status == Superseded || r.Operation == Destroy || r.Operation == Refresh || len(r.Takes) == 0 {
		return nil
	}
	d, err := s.Store.Deployment(ctx, r.Scope, r.Workload)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	cause := Cause{Run: r.ID}
	for _, in := range d.Inputs {
		why, err := s.outdatedInput(ctx, d.Scope, []Input{in})
		if err != nil {
			return err
		}
		if why != "" {
			cause.Outputs, cause.Message = append(cause.Outputs, in.Output), why
		}
	}
	if len(cause.Outputs) == 0 {
		return nil
	}
	_, err = s.follow(ctx, d, cause, r)
	return err
}

// planAgain has a run that waits for an approval planned with other inputs, so
// that nobody looks at a plan which is never applied.
func (s *Service) planAgain(ctx context.Context, r *Run, cause Cause) error {
	return s.stepOnce(ctx, r, change{to: Planning, why: cause.Message, fact: "stale", edit: func(ctx context.Context, r *Run) error {
		r.Attempt = 0 // it was no interruption
		return s.Jobs.Enqueue(ctx, r.Scope, r.ID)
	}})
}

// personBehind is who is behind a run, nil where that is nobody.
func personBehind(r Run) *kernel.Actor {
	if r.Initiator != nil {
		return r.Initiator
	}
	if r.RequestedBy.Kind == kernel.ActorUser {
		return &r.RequestedBy
	}
	return nil
}
