package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

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
