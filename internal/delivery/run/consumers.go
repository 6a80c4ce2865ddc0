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
		WithFix("remove what takes first, or deploy what does not take from %s; an admin may insist with terrace destroy %s --stage %s --force", name, name, where.Stage)
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
