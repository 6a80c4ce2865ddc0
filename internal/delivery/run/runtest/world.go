// Package runtest gives tests of runs a bench: the real service over a real
// database and a real job queue, with a hand-written world in the place of
// terraform and of the gateway.
//
// It owns the fakes at these two edges; everything between them is the product.
package runtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// rootFile is the name of the root module's only file on the bench.
const rootFile = "main.tf.json"

// world is what terraform would see: each stack's state.
type World struct {
	mu     sync.Mutex
	stacks map[string]*stack
	// Before is called before each change of an apply; an error stops the apply there.
	Before func(ctx context.Context, job run.Job, address string) error
	// BeforePlan is called before each plan; an error is the plan's.
	BeforePlan func(job run.Job, resources map[string]string) error
	// Step is called before each action, as Before is; where it fails, the action has.
	Step func(ctx context.Context, job run.Job, address, action string) error
	// Replaces are the addresses that another value replaces, with the two actions in
	// their order.
	Replaces map[string][]string
	// Provisions has scripts run on what was made, of which Step decides whether they fail.
	Provisions bool
	// Applied counts the changes of each address by stack.
	Applied map[string]int
}

// AlreadyThere is an error of Before: what was to be created is there already,
// under the id, which may not be known yet.
type AlreadyThere struct{ ID string }

func (AlreadyThere) Error() string { return "it is there already" }

// Busy is an error of Before: the target still works on what is to be changed.
type Busy struct{}

func (Busy) Error() string { return "another operation is in progress" }

type stack struct {
	serial    int64
	resources map[string]string
	// outputs are those of each version.
	outputs map[string]map[string]run.StateOutput
}

// NewWorld returns an empty world.
func NewWorld() *World {
	return &World{stacks: map[string]*stack{}, Applied: map[string]int{}}
}

func (w *World) stack(id string) *stack {
	if w.stacks[id] == nil {
		w.stacks[id] = &stack{resources: map[string]string{}, outputs: map[string]map[string]run.StateOutput{}}
	}
	return w.stacks[id]
}

// Serial returns the serial of a stack's state.
func (w *World) Serial(_ context.Context, _ kernel.Scope, id string) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stack(id).serial, nil
}

// Restore does nothing: the world stores every change at once.
func (w *World) Restore(context.Context, string, string, int64) error { return nil }

// Version returns the version of a stack's state in force.
func (w *World) Version(_ context.Context, id string) (run.StateRef, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	serial := w.stack(id).serial
	if serial == 0 {
		return run.StateRef{}, nil
	}
	return run.StateRef{Version: fmt.Sprintf("sv_%d", serial), Serial: serial}, nil
}

// Outputs returns the outputs of a version.
func (w *World) Outputs(_ context.Context, id, version string) (map[string]run.StateOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.stack(id).outputs[version]), nil
}

// settle keeps the outputs that an apply has left.
func (w *World) settle(id string, outputs map[string]json.RawMessage, sensitive []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stack(id)
	s.serial++
	all := map[string]run.StateOutput{}
	for name, value := range outputs {
		all[name] = run.StateOutput{Value: value, Sensitive: slices.Contains(sensitive, name)}
	}
	s.outputs[fmt.Sprintf("sv_%d", s.serial)] = all
}

// Drift changes a resource behind the back of the runs.
func (w *World) Drift(id, address, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stack(id).resources[address] = value
	w.stack(id).serial++
}

// Resources returns what is there.
func (w *World) Resources(id string) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.stack(id).resources)
}

// savedPlan is the plan file of the world.
type savedPlan struct {
	Serial  int64
	Changes []savedChange
	Outputs map[string]json.RawMessage
	// Sensitive are the names of outputs that nobody sees.
	Sensitive []string
}

type savedChange struct {
	Address, Action, Value string
	// Steps are the actions of a replacement.
	Steps []string
}

// steps are the actions of the change.
func (c savedChange) steps() []string {
	if c.Action == "replace" {
		return c.Steps
	}
	return []string{c.Action}
}

// root is the rendered module of the world.
type root struct {
	Resources map[string]string
	Outputs   map[string]json.RawMessage
	Sensitive []string
	Broken    string
}

// Plan compares the root module with the state.
func (w *World) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	var want root
	if err := json.Unmarshal(job.Files[rootFile], &want); err != nil {
		return run.Planned{}, err
	}
	if want.Broken != "" {
		return run.Planned{}, kernel.Errorf(kernel.Invalid, "the plan failed").WithProblems(kernel.Problem{Path: "module.x", Message: want.Broken})
	}
	if job.Destroy {
		want = root{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	have := w.stack(job.Stack)
	plan := savedPlan{Serial: have.serial, Outputs: want.Outputs, Sensitive: want.Sensitive, Changes: w.changes(have.resources, want.Resources)}
	plan.adopt(string(job.Files["adopted.tf"]))
	plan.limit(job.Targets)
	if w.BeforePlan != nil {
		if err := w.BeforePlan(job, have.resources); err != nil {
			return run.Planned{}, err
		}
	}
	for _, c := range plan.Changes {
		sink(run.Event{Level: "info", Type: "planned_change", Address: c.Address, Message: c.Address + ": " + c.Action})
	}
	file, err := json.Marshal(plan)
	planned := run.Planned{Digest: kernel.DigestOf(file), JSON: describe(plan, have.resources, want)}
	switch {
	case err != nil:
	case job.Warm:
		planned.Warm = &held{w, planFile(file)}
	case job.Keep != nil:
		err = job.Keep(ctx, planFile(file))
	}
	return planned, err
}

// held is a plan that the world holds.
type held struct {
	w    *World
	file run.PlanFile
}

func (h *held) Open(ctx context.Context) (io.ReadCloser, error) { return h.file.Open(ctx) }

func (h *held) Apply(ctx context.Context, job run.Job, sink func(run.Event)) (run.Applied, error) {
	return h.w.Apply(ctx, job, h.file, sink)
}

func (h *held) Close() error { return nil }

func (w *World) changes(have, want map[string]string) []savedChange {
	var all []savedChange
	for _, address := range slices.Sorted(maps.Keys(want)) {
		was, there := have[address]
		switch {
		case !there:
			all = append(all, savedChange{Address: address, Action: "create", Value: want[address]})
		case was != want[address] && w.Replaces[address] != nil:
			all = append(all, savedChange{address, "replace", want[address], w.Replaces[address]})
		case was != want[address]:
			all = append(all, savedChange{Address: address, Action: "update", Value: want[address]})
		}
	}
	for _, address := range slices.Sorted(maps.Keys(have)) {
		if _, stays := want[address]; !stays {
			all = append(all, savedChange{Address: address, Action: "delete"})
		}
	}
	return all
}

// adopt makes imports of the creations that the root module adopts.
func (p *savedPlan) adopt(imports string) {
	for i, c := range p.Changes {
		if strings.Contains(imports, "to = "+c.Address+"\n") {
			p.Changes[i].Action = "import"
		}
	}
}

// limit leaves the targets' changes alone; none is no limit.
func (p *savedPlan) limit(targets []string) {
	if len(targets) == 0 {
		return
	}
	p.Changes = slices.DeleteFunc(p.Changes, func(c savedChange) bool { return !slices.Contains(targets, c.Address) })
}

// describe tells the plan as terraform's JSON does.
func describe(plan savedPlan, have map[string]string, want root) *tfjson.Plan {
	p := &tfjson.Plan{FormatVersion: "1.2", PlannedValues: &tfjson.StateValues{Outputs: map[string]*tfjson.StateOutput{}}}
	for name, raw := range want.Outputs {
		var v any
		_ = json.Unmarshal(raw, &v) // made by the bench
		p.PlannedValues.Outputs[name] = &tfjson.StateOutput{Value: v}
	}
	for _, c := range plan.Changes {
		change := &tfjson.Change{Actions: tfjson.Actions{tfjson.Action(c.Action)}}
		if c.Action == "replace" {
			change.Actions = nil
			for _, step := range c.Steps {
				change.Actions = append(change.Actions, tfjson.Action(step))
			}
		}
		if c.Action == "import" {
			change.Actions, change.Importing = tfjson.Actions{tfjson.ActionNoop}, &tfjson.Importing{ID: c.Address}
		}
		if was, ok := have[c.Address]; ok {
			change.Before = object(was)
		}
		if c.Action != "delete" {
			change.After = object(c.Value)
		}
		p.ResourceChanges = append(p.ResourceChanges, &tfjson.ResourceChange{
			Address: c.Address, Mode: tfjson.ManagedResourceMode, Type: "terrace_thing", Change: change,
		})
	}
	return p
}

func object(value string) map[string]any {
	return map[string]any{"value": value, "tags": map[string]any{"costcenter": "42", "env": "x", "owner": "team"}}
}

func planFile(raw []byte) run.PlanFile {
	return run.PlanFile{Digest: kernel.DigestOf(raw), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}

// readPlan opens a plan that was kept.
func readPlan(ctx context.Context, file run.PlanFile) (plan savedPlan, err error) {
	r, err := file.Open(ctx)
	if err != nil {
		return plan, err
	}
	return plan, errors.Join(json.NewDecoder(r).Decode(&plan), r.Close())
}

// Apply makes the changes of the plan, one after the other, each saved.
func (w *World) Apply(ctx context.Context, job run.Job, file run.PlanFile, sink func(run.Event)) (run.Applied, error) {
	plan, err := readPlan(ctx, file)
	if err != nil {
		return run.Applied{}, err
	}
	w.mu.Lock()
	stale := w.stack(job.Stack).serial != plan.Serial
	w.mu.Unlock()
	if stale {
		return run.Applied{}, kernel.Errorf(kernel.Stale, "saved plan is stale")
	}
	for _, c := range plan.Changes {
		for _, action := range c.steps() {
			if applied, err := w.act(ctx, job, c, action, sink); err != nil {
				return applied, err
			}
		}
	}
	w.settle(job.Stack, plan.Outputs, plan.Sensitive)
	return run.Applied{Outputs: plan.Outputs}, nil
}

// act does one action of a change.
func (w *World) act(ctx context.Context, job run.Job, c savedChange, action string, sink func(run.Event)) (run.Applied, error) {
	sink(run.Event{Level: "info", Type: "apply_start", Address: c.Address, Action: action, Message: c.Address + ": begun"})
	if w.Before != nil {
		if err := w.Before(ctx, job, c.Address); err != nil {
			return refused(c.Address, action, err, sink)
		}
	}
	if w.Provisions && action != "delete" {
		sink(run.Event{Level: "info", Type: "provision_start", Address: c.Address, Message: c.Address + ": provisioning"})
	}
	if w.Step != nil {
		if err := w.Step(ctx, job, c.Address, action); err != nil {
			return refused(c.Address, action, err, sink)
		}
	}
	if err := ctx.Err(); err != nil {
		return run.Applied{}, kernel.Errorf(kernel.Unavailable, "terraform was interrupted: %w", err)
	}
	w.change(job.Stack, c, action)
	sink(run.Event{Level: "info", Type: "apply_complete", Address: c.Address, Action: action, Message: c.Address + ": done"})
	return run.Applied{}, nil
}

func (w *World) change(id string, c savedChange, action string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stack(id)
	s.serial++
	w.Applied[fmt.Sprintf("%s %s=%s", id, c.Address, c.Value)]++
	if action == "create" || action == "update" || action == "import" || c.Action == "replace" && s.resources[c.Address] == c.Value {
		s.resources[c.Address] = c.Value // the old one of a replacement is no longer known by the address
		return
	}
	delete(s.resources, c.Address)
}

// refused is the end of an apply at the address.
func refused(address, action string, err error, sink func(run.Event)) (run.Applied, error) {
	sink(run.Event{Level: "error", Type: "apply_errored", Address: address, Action: action, Message: err.Error()})
	if _, ok := errors.AsType[Busy](err); ok {
		return run.Applied{Busy: true}, kernel.Errorf(kernel.Invalid, "terraform apply failed: %w", err)
	}
	there, ok := errors.AsType[AlreadyThere](err)
	if !ok {
		return run.Applied{}, err
	}
	return run.Applied{Existing: []run.Adoption{{Address: address, ID: there.ID}}},
		kernel.Errorf(kernel.Invalid, "terraform apply failed: %w", err).WithProblems(kernel.Problem{Path: address, Message: err.Error()})
}
