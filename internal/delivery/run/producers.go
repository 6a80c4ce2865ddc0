package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// actionTake lets take the outputs of a project's workloads in another project.
const actionTake = "output.take"

// connect refuses a run that could not take what it needs, or that others would
// miss something of. asked is the workload as its author wrote it, for the places
// of problems; nil where that is not known.
func (s *Service) connect(ctx context.Context, r Run, asked *workload.Workload) error {
	if r.Operation == Destroy || r.Operation == Refresh {
		return nil
	}
	if !r.DryRun {
		if err := s.missed(ctx, r); err != nil {
			return err
		}
	}
	if len(r.Takes) == 0 {
		return nil
	}
	if _, err := s.Store.Turn(ctx); err != nil { // one at a time: two cannot close a circle together
		return err
	}
	at := placesOf(asked)
	var problems []kernel.Problem
	kind := kernel.Refused
	for _, t := range r.Takes {
		if t.Project != r.Scope.Project {
			err := s.Authorizer.Authorize(ctx, actionTake, t.from(r.Scope))
			if kernel.Is(err, kernel.Denied) {
				kind = kernel.Denied
				problems = append(problems, at.put(notAllowed(t), t.Resource, ""))
				continue
			}
			if err != nil {
				return err
			}
		}
		found, err := s.connects(ctx, r, t, at)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kind, "%s cannot take in %s what it needs of other workloads", r.Workload, r.Scope.Stage).WithProblems(problems...)
}

func notAllowed(t Take) kernel.Problem {
	return kernel.Problem{
		Path: "resources." + t.Resource, Message: fmt.Sprintf("you may not take outputs of workloads of the project %s", t.Project),
		Fix: "ask an admin of that project for the role developer there",
	}
}

// places are where the author's file refers to others, by resource and output.
type places map[[2]string]workload.Position

func placesOf(w *workload.Workload) places {
	p := places{}
	if w == nil {
		return p
	}
	for _, t := range w.Takes() {
		p[[2]string{t.Resource, ""}] = t.At
		for _, out := range t.Outputs {
			p[[2]string{t.Resource, out.Name}] = out.At
		}
	}
	return p
}

// put gives a problem its place, where that is known.
func (p places) put(problem kernel.Problem, resource, output string) kernel.Problem {
	if at, ok := p[[2]string{resource, output}]; ok {
		problem.File, problem.Line, problem.Column = at.File, at.Line, at.Column
	}
	return problem
}

// connects finds what is wrong with taking from one workload.
func (s *Service) connects(ctx context.Context, r Run, t Take, at places) ([]kernel.Problem, error) {
	circle, err := s.circle(ctx, r, t)
	if err != nil {
		return nil, err
	}
	if circle != nil {
		return []kernel.Problem{at.put(kernel.Problem{
			Path: "resources." + t.Resource, Message: "the workloads take from each other: " + strings.Join(circle, " → "),
			Fix: "remove one of these; where one was removed already, deploy that workload first",
		}, t.Resource, "")}, nil
	}
	names, problem, err := s.offers(ctx, r, t)
	if err != nil {
		return nil, err
	}
	if problem != nil {
		return []kernel.Problem{at.put(*problem, t.Resource, "")}, nil
	}
	var problems []kernel.Problem
	for _, name := range t.Outputs {
		if !slices.Contains(names, name) {
			problems = append(problems, at.put(missingOutput(t, r.Scope, name, names), t.Resource, name))
		}
	}
	return problems, nil
}

// offers are the names of what a workload publishes in the stage once the runs
// that are on their way have ended.
func (s *Service) offers(ctx context.Context, r Run, t Take) ([]string, *kernel.Problem, error) {
	open, err := s.Store.Open(ctx, t.from(r.Scope), t.stack(r.Scope))
	if err != nil {
		return nil, nil, err
	}
	for _, ahead := range slices.Backward(open) {
		switch {
		case ahead.DryRun || ahead.Operation == Refresh || r.DryRun:
			continue
		case ahead.Operation == Destroy:
			return nil, &kernel.Problem{
				Path: "resources." + t.Resource, Message: fmt.Sprintf("%s removes the workload %s from %s", ahead.ID, named(t, r.Scope), r.Scope.Stage),
				Fix: fmt.Sprintf("see terrace run show %s", ahead.ID),
			}, nil
		default:
			return ahead.Publishes, nil, nil
		}
	}
	d, err := s.Store.Deployment(ctx, t.from(r.Scope), t.Workload)
	if kernel.Is(err, kernel.NotFound) || err == nil && d.State == nil && len(t.Outputs) > 0 {
		return nil, s.noProducer(ctx, r, t), nil
	}
	return d.Publishes, nil, err
}

// circle follows what a workload takes, and returns the way back to the run's
// own, nil where there is none.
func (s *Service) circle(ctx context.Context, r Run, t Take) ([]string, error) {
	c := circles{s: s, r: r, seen: map[string]bool{}}
	return c.visit(ctx, t, []string{r.Workload})
}

type circles struct {
	s    *Service
	r    Run
	seen map[string]bool
}

func (c *circles) visit(ctx context.Context, t Take, way []string) ([]string, error) {
	way = append(slices.Clone(way), named(t, c.r.Scope))
	id := t.stack(c.r.Scope)
	if id == c.r.Stack {
		return way, nil
	}
	if c.seen[id] {
		return nil, nil
	}
	c.seen[id] = true
	next, err := c.s.takesNow(ctx, t.from(c.r.Scope), t.Workload)
	if err != nil {
		return nil, err
	}
	for _, n := range next {
		if found, err := c.visit(ctx, n, way); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// takesNow is what a workload takes in a stage, as it is deployed and as runs on
// their way would have it.
func (s *Service) takesNow(ctx context.Context, where kernel.Scope, name string) ([]Take, error) {
	d, err := s.Store.Deployment(ctx, where, name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err
	}
	takes := slices.Clone(d.Takes)
	open, err := s.Store.Open(ctx, where, kernel.StackID(where, name))
	for _, r := range open {
		if !r.DryRun {
			takes = append(takes, r.Takes...)
		}
	}
	return takes, err
}
