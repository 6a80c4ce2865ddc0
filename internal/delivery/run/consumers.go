package run

import (
	"context"
	"fmt"
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
	names, err := s.takersOf(ctx, where, name)
	if err != nil {
		return err
	}
	return inUse(where, name, names)
}

// takersOf names the workloads that take from one and stay, and those that are on
// their way to.
func (s *Service) takersOf(ctx context.Context, where kernel.Scope, name string) (names []string, err error) {
	users, err := s.Store.Takers(ctx, where, name)
	if err != nil {
		return nil, err
	}
	for _, d := range users {
		goes, err := s.leaving(ctx, d)
		if err != nil {
			return nil, err
		}
		if !goes {
			names = append(names, userName(d, where))
		}
	}
	open, err := s.Store.OpenFollowers(ctx, where, name)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		if user := named(Take{Project: r.Scope.Project, Workload: r.Workload}, where); len(r.Takes) > 0 && !slices.Contains(names, user) {
			names = append(names, user)
		}
	}
	slices.Sort(names)
	return names, nil
}

// leaving reports whether a run that removes it is on its way.
func (s *Service) leaving(ctx context.Context, d Deployment) (bool, error) {
	open, err := s.Store.Open(ctx, d.Scope, d.Stack)
	return slices.ContainsFunc(open, func(r Run) bool { return r.Operation == Destroy && !r.DryRun }), err
}

func inUse(where kernel.Scope, name string, users []string) error {
	return refusal(name, removalProblem(where, name, users))
}

// stillUsed asks again, before a removal is planned.
func (e *execution) stillUsed(ctx context.Context) error {
	if e.run.Operation != Destroy || e.run.Force || e.run.DryRun {
		return nil // a dry run tells it as a gate
	}
	users, err := e.s.Store.Takers(ctx, e.scope, e.run.Workload)
	if err != nil {
		return err
	}
	var names []string
	for _, d := range users {
		names = append(names, userName(d, e.scope))
	}
	slices.Sort(names)
	return inUse(e.scope, e.run.Workload, names)
}

// consumersGate is the name of the gate that those are who take from what a run removes.
const consumersGate = "consumers"

// consumersResult tells of a removal who takes from what it removes.
func (e *execution) consumersResult(ctx context.Context) ([]GateResult, error) {
	if e.run.Operation != Destroy {
		return nil, nil
	}
	names, err := e.s.takersOf(ctx, e.scope, e.run.Workload)
	if err != nil {
		return nil, err
	}
	result := GateResult{Gate: consumersGate, Level: HardMandatory, Outcome: Passed, Message: "nothing takes outputs of " + e.run.Workload}
	p := removalProblem(e.scope, e.run.Workload, names)
	switch {
	case p != nil && e.run.Force:
		result.Level, result.Outcome = Advisory, Missed
		result.Message = fmt.Sprintf("%s takes from %s, which is removed all the same", strings.Join(names, ", "), e.run.Workload)
	case p != nil && e.run.DryRun: // one that is none was asked already, when it was queued and before its plan
		result.Outcome, result.Message, result.Fix = Missed, p.Message, p.Fix
	}
	return []GateResult{result}, nil
}

// removalProblem is why a workload from which others take is not removed, nil for
// no others.
func removalProblem(where kernel.Scope, name string, users []string) *kernel.Problem {
	if len(users) == 0 {
		return nil
	}
	return &kernel.Problem{
		Path: consumersGate, Message: fmt.Sprintf("%s is not removed from %s: %s takes from it", name, where.Stage, strings.Join(users, ", ")),
		Fix: fmt.Sprintf("remove what takes first, or deploy what does not take from %s; an admin may insist with terrace destroy %s --stage %s --force", name, name, where.Stage),
	}
}
