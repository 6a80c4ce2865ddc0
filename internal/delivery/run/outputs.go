package run

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// StageLinks tells what a workload gives and takes in one stage.
type StageLinks struct {
	Stage string
	// Run is the one that applied what is there last, and State what it left; nil
	// before the first.
	Run     string
	State   *StateRef
	Outputs []PublishedOutput
	Inputs  []CurrentInput
	// Users are the workloads that take from it.
	Users []User
}

// PublishedOutput is an output that others may take.
type PublishedOutput struct {
	Name string `json:"name"`
	// Value is absent where it is sensitive.
	Value     any  `json:"value,omitempty"`
	Sensitive bool `json:"sensitive,omitempty"`
}

// CurrentInput is an input that was applied.
type CurrentInput struct {
	Input

	// Outdated says what has become of it since, "" for nothing.
	Outdated string `json:"outdated,omitempty"`
}

// User is a workload that takes outputs of another one.
type User struct {
	Project  string   `json:"project"`
	Workload string   `json:"workload"`
	Outputs  []string `json:"outputs,omitempty"`
}

// Outputs tells what a workload publishes, takes, and who takes from it, in one
// stage or, without its name, in each where it is deployed.
func (s *Service) Outputs(ctx context.Context, scope kernel.Scope, name, only string) ([]StageLinks, error) {
	stages, err := s.stagesFor(ctx, actionSee, scope, only)
	if err != nil {
		return nil, err
	}
	var all []StageLinks
	for _, st := range stages {
		d, err := s.Store.Deployment(ctx, scope.InStage(st.Name), name)
		if kernel.Is(err, kernel.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		links, err := s.linksOf(ctx, d)
		if err != nil {
			return nil, err
		}
		all = append(all, links)
	}
	if len(all) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "nothing of %s is deployed", name).WithFix("see terrace status")
	}
	return all, nil
}

func (s *Service) linksOf(ctx context.Context, d Deployment) (StageLinks, error) {
	l := StageLinks{Stage: d.Scope.Stage, Run: d.AppliedBy, State: d.State, Outputs: []PublishedOutput{}, Inputs: []CurrentInput{}, Users: []User{}}
	values, err := s.published(ctx, d)
	if err != nil {
		return l, err
	}
	for _, name := range d.Publishes {
		value, ok := values[name]
		if !ok {
			continue // it is null
		}
		var in Input
		if err := in.show(value); err != nil {
			return l, err
		}
		l.Outputs = append(l.Outputs, PublishedOutput{Name: name, Value: in.Value, Sensitive: in.Sensitive})
	}
	for _, in := range d.Inputs {
		why, err := s.outdatedInput(ctx, d.Scope, []Input{in})
		if err != nil {
			return l, err
		}
		l.Inputs = append(l.Inputs, CurrentInput{Input: in, Outdated: why})
	}
	users, err := s.Store.Takers(ctx, d.Scope, d.Workload)
	for _, u := range users {
		l.Users = append(l.Users, userOf(u, d.Stack))
	}
	return l, err
}

func userOf(d Deployment, stack string) User {
	u := User{Project: d.Scope.Project, Workload: d.Workload}
	for _, t := range d.Takes {
		if t.stack(d.Scope) == stack {
			u.Outputs = append(u.Outputs, t.Outputs...)
		}
	}
	slices.Sort(u.Outputs)
	u.Outputs = slices.Compact(u.Outputs)
	return u
}
