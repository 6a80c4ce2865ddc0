package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Take is what a workload takes of another one in the same stage.
type Take struct {
	// Resource is the name under which the workload refers to it.
	Resource string `json:"resource"`
	Project  string `json:"project"`
	Workload string `json:"workload"`
	// Outputs are their names; without any the workload only comes after the other.
	Outputs []string `json:"outputs,omitempty"`
}

// from is the scope of the workload that is taken from.
func (t Take) from(where kernel.Scope) kernel.Scope {
	return kernel.Scope{Tenant: where.Tenant, Project: t.Project, Stage: where.Stage}
}

// stack is that of the workload that is taken from.
func (t Take) stack(where kernel.Scope) string { return kernel.StackID(t.from(where), t.Workload) }

// StateRef names one version of a stack's state.
type StateRef struct {
	Version string `json:"version"`
	Serial  int64  `json:"serial"`
}

// StateOutput is one output in a state.
type StateOutput struct {
	Value     json.RawMessage
	Sensitive bool
}

// same reports whether both are the same output for who takes it.
func (o StateOutput) same(other StateOutput) bool {
	return o.Sensitive == other.Sensitive && string(o.Value) == string(other.Value)
}

// Input is an output of another stack that a run takes, as its last successful
// apply left it.
type Input struct {
	// Resource is the name under which the workload refers to the other one.
	Resource string `json:"resource"`
	Output   string `json:"output"`
	// Stack is whose output it is, that of the workload of the project.
	Stack    string `json:"stack"`
	Project  string `json:"project"`
	Workload string `json:"workload"`
	// Run is the one that applied it there.
	Run string `json:"run"`
	// State is the version of the stack's state that has it.
	State StateRef `json:"state"`
	// Value is absent where it is sensitive.
	Value     any  `json:"value,omitempty"`
	Sensitive bool `json:"sensitive,omitempty"`
	// Digest is that of the value's JSON; a sensitive value has none, for it could
	// be guessed from it: its version of the state stands for it.
	Digest kernel.Digest `json:"digest,omitempty"`
}

// String names the input for people.
func (in Input) String() string { return fmt.Sprintf("output %s of %s", in.Output, in.Stack) }

// Told tells the input with its value, and where that comes from.
func (in Input) Told() string {
	value := "(sensitive)"
	if !in.Sensitive {
		raw, _ := json.Marshal(in.Value) // it came from JSON
		value = string(raw)
	}
	return fmt.Sprintf("%s as %s: %s, from serial %d, which %s applied", in, in.Resource, value, in.State.Serial, in.Run)
}

// takesOf are what a workload takes of others, in a project.
func takesOf(w *workload.Workload, project string) []Take {
	var takes []Take
	for _, t := range w.Takes() {
		take := Take{Resource: t.Resource, Project: t.Project, Workload: t.Workload}
		if take.Project == "" {
			take.Project = project
		}
		for _, out := range t.Outputs {
			take.Outputs = append(take.Outputs, out.Name)
		}
		takes = append(takes, take)
	}
	return takes
}

// Follows are the stacks whose runs go before the run: those that it takes from,
// and for a removal those that take from it.
func (r Run) Follows() []string {
	if r.DryRun {
		return nil // it only looks
	}
	var stacks []string
	for _, t := range r.Takes {
		if id := t.stack(r.Scope); !slices.Contains(stacks, id) {
			stacks = append(stacks, id)
		}
	}
	return append(stacks, r.Users...)
}

// orphans are the stacks that take from what the run removes all the same.
func (r Run) orphans() []string {
	if !r.Force {
		return nil
	}
	return r.Users
}

// link notes in a new run what its release takes and publishes.
func (s *Service) link(ctx context.Context, r *Run, w *workload.Workload) error {
	if r.Operation == Destroy {
		return s.linkRemoval(ctx, r)
	}
	if w == nil {
		rel, err := s.Releases.Get(ctx, projectOf(r.Scope), r.Release.ID)
		if err != nil {
			return err
		}
		if w, err = workload.Parse("release "+rel.ID, rel.Spec); err != nil {
			return fmt.Errorf("workload of release %s: %w", rel.ID, err)
		}
	}
	r.Publishes = w.OutputNames()
	if r.Operation != Refresh {
		r.Takes = takesOf(w, r.Scope.Project)
	}
	return nil
}

// linkRemoval has a removal wait for that of who takes from the workload.
func (s *Service) linkRemoval(ctx context.Context, r *Run) error {
	users, err := s.Store.Takers(ctx, r.Scope, r.Workload)
	for _, d := range users {
		r.Users = append(r.Users, d.Stack)
	}
	return err
}
