package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// taken is what a run takes of other stacks, with the values.
type taken struct {
	inputs []Input
	// values are by resource and output.
	values map[string]map[string]StateOutput
}

// inputs reads what the run takes from the states that other stacks' last
// successful applies left. A run whose plan is made takes what that was made
// from, one that removes or only looks what was applied.
func (s *Service) inputs(ctx context.Context, r Run, w *workload.Workload) (taken, error) {
	t := taken{values: map[string]map[string]StateOutput{}}
	takes := takesOf(w, r.Scope.Project)
	if len(takes) == 0 {
		return t, nil
	}
	pins, err := s.pins(ctx, r)
	if err != nil {
		return t, err
	}
	var problems []kernel.Problem
	for _, take := range takes {
		found, err := s.take(ctx, r, take, pins, &t)
		if err != nil {
			return t, err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return t, kernel.Errorf(kernel.Refused, "%s cannot take in %s what it needs of other workloads", r.Workload, r.Scope.Stage).WithProblems(problems...)
	}
	return t, nil
}

// pins are the inputs that hold for the run already.
func (s *Service) pins(ctx context.Context, r Run) ([]Input, error) {
	if r.Operation == Destroy || r.Operation == Refresh {
		d, err := s.Store.Deployment(ctx, r.Scope, r.Workload)
		if kernel.Is(err, kernel.NotFound) {
			return nil, nil
		}
		return d.Inputs, err
	}
	if r.Status == Queued || r.Status == Planning {
		return nil, nil
	}
	return r.Inputs, nil
}

// take reads one workload's outputs; what is missing are problems.
func (s *Service) take(ctx context.Context, r Run, take Take, pins []Input, t *taken) (problems []kernel.Problem, err error) {
	t.values[take.Resource] = map[string]StateOutput{}
	for _, name := range take.Outputs {
		in := Input{Resource: take.Resource, Output: name, Stack: take.stack(r.Scope), Project: take.Project, Workload: take.Workload}
		i := slices.IndexFunc(pins, func(p Input) bool { return p.Resource == in.Resource && p.Output == in.Output && p.Stack == in.Stack })
		if i >= 0 {
			in.Run, in.State = pins[i].Run, pins[i].State
		} else if problem, err := s.producedNow(ctx, r, take, &in); err != nil || problem != nil {
			if err != nil {
				return nil, err
			}
			return append(problems, *problem), nil
		}
		out, ok, err := s.output(ctx, in)
		if err != nil {
			return nil, err
		}
		if !ok {
			problems = append(problems, s.noOutput(ctx, r, take, in))
			continue
		}
		if err := in.show(out); err != nil {
			return nil, err
		}
		t.values[take.Resource][name] = out
		t.inputs = append(t.inputs, in)
	}
	return problems, nil
}

// output returns the value of an input.
func (s *Service) output(ctx context.Context, in Input) (StateOutput, bool, error) {
	outputs, err := s.State.Outputs(ctx, in.Stack, in.State.Version)
	if err != nil {
		return StateOutput{}, false, fmt.Errorf("outputs of %s: %w", in.Stack, err)
	}
	out, ok := outputs[in.Output]
	return out, ok, nil
}

// show fills in what people see of the value.
func (in *Input) show(out StateOutput) error {
	if in.Sensitive = out.Sensitive; in.Sensitive {
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(out.Value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("read the %s: %w", in, err)
	}
	in.Value, in.Digest = show(v), kernel.DigestOf(out.Value)
	return nil
}

// producedNow finds the version of the producer's state to take from.
func (s *Service) producedNow(ctx context.Context, r Run, take Take, in *Input) (*kernel.Problem, error) {
	d, err := s.Store.Deployment(ctx, take.from(r.Scope), take.Workload)
	if kernel.Is(err, kernel.NotFound) || err == nil && d.State == nil {
		return s.noProducer(ctx, r, take), nil
	}
	if err != nil {
		return nil, err
	}
	if in.Run, in.State = d.AppliedBy, *d.State; !slices.Contains(d.Publishes, in.Output) {
		in.State.Version = "" // it was published once, and is no longer
		problem := s.noOutput(ctx, r, take, *in)
		return &problem, nil
	}
	return nil, nil //nolint:nilnil // there is no problem
}

// noProducer says that nothing can be taken of a workload in the stage.
func (s *Service) noProducer(ctx context.Context, r Run, take Take) *kernel.Problem {
	p := kernel.Problem{
		Path: "resources." + take.Resource, Message: fmt.Sprintf("no apply of the workload %s has succeeded in %s yet", named(take, r.Scope), r.Scope.Stage),
		Fix: s.way(take.Workload, r.Scope.Stage, nil),
	}
	if take.Project != r.Scope.Project {
		p.Fix = fmt.Sprintf("ask the people of the project %s to bring it there", take.Project)
	}
	if near := s.nearWorkload(ctx, r, take); near != "" {
		p.Message, p.Fix = fmt.Sprintf("the project %s has no workload %s", take.Project, take.Workload), near
	}
	return &p
}

// nearWorkload is what to do about a workload that never was in the project, ""
// for one that was.
func (s *Service) nearWorkload(ctx context.Context, r Run, take Take) string {
	scope := projectOf(take.from(r.Scope))
	if ever, err := s.ever(ctx, scope, take.Workload); err != nil || ever {
		return ""
	}
	all, err := s.Store.Workloads(ctx, scope, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if near := yamldoc.Nearest(take.Workload, all.Items); err == nil && near != "" {
		return "did you mean " + near + "?"
	}
	return "deploy it first, or correct the name"
}

// named names a workload as who takes from it sees it.
func named(take Take, where kernel.Scope) string {
	if take.Project == where.Project {
		return take.Workload
	}
	return take.Workload + " of the project " + take.Project
}

// noOutput says that a workload does not publish an output.
func (s *Service) noOutput(ctx context.Context, r Run, take Take, in Input) kernel.Problem {
	d, _ := s.Store.Deployment(ctx, take.from(r.Scope), take.Workload) // what it publishes is a hint
	p := missingOutput(take, r.Scope, in.Output, d.Publishes)
	if slices.Contains(d.Publishes, in.Output) {
		p.Message = fmt.Sprintf("the output %s of the workload %s has no value in %s: it is null there", in.Output, named(take, r.Scope), r.Scope.Stage)
		p.Fix = "see terrace outputs " + take.Workload
	}
	return p
}

func missingOutput(take Take, where kernel.Scope, name string, published []string) kernel.Problem {
	p := kernel.Problem{
		Path:    "resources." + take.Resource,
		Message: fmt.Sprintf("the workload %s publishes no output %s in %s", named(take, where), name, where.Stage),
		Fix:     fmt.Sprintf("add it to metadata.outputs of %s and deploy that first", take.Workload),
	}
	if len(published) > 0 {
		p.Fix = "it publishes " + strings.Join(published, ", ") + "; " + p.Fix
	}
	if near := yamldoc.Nearest(name, published); near != "" {
		p.Fix = "did you mean " + near + "? " + p.Fix
	}
	return p
}

// outdatedInput says which input is not what it was when they were read, "" for none.
func (s *Service) outdatedInput(ctx context.Context, where kernel.Scope, inputs []Input) (string, error) {
	for _, in := range inputs {
		now, gone, err := s.now(ctx, where, in)
		if err != nil {
			return "", err
		}
		if gone {
			return fmt.Sprintf("the %s is gone", in), nil
		}
		if now.State == in.State {
			continue
		}
		was, _, err := s.output(ctx, in)
		if err != nil {
			return "", err
		}
		is, there, err := s.output(ctx, now)
		if err != nil {
			return "", err
		}
		if !there || !was.same(is) {
			return fmt.Sprintf("the %s changed (serial %d, now %d)", in, in.State.Serial, now.State.Serial), nil
		}
	}
	return "", nil
}

// now is the input as its stack has it at this moment.
func (s *Service) now(ctx context.Context, where kernel.Scope, in Input) (now Input, gone bool, err error) {
	from := Take{Project: in.Project}.from(where)
	d, err := s.Store.Deployment(ctx, from, in.Workload)
	if kernel.Is(err, kernel.NotFound) || err == nil && d.State == nil {
		return in, true, nil
	}
	if err != nil {
		return in, false, err
	}
	now = in
	now.Run, now.State = d.AppliedBy, *d.State
	return now, !slices.Contains(d.Publishes, in.Output), nil
}
