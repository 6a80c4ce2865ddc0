// Package planned has what costs money of one of terraform's plans, as static has it of
// a configuration.
//
// It owns which resources there are before and after the apply, what their expressions
// name, and that an estimate is one against the other. What each costs is governance/cost's;
// what a plan must have is platform/planformat's, as for policies.
package planned

import (
	"context"
	"io"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// Plan is the resources before and after the apply.
type Plan struct {
	Before, After *cost.Set
}

// Read reads a plan as terraform show -json prints it.
func Read(path string, in io.Reader) (*Plan, error) {
	src, err := io.ReadAll(io.LimitReader(in, planformat.MaxBytes+1))
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	}
	return Parse(path, src)
}

// Parse reads a plan from memory. It refuses what policies refuse, and states, which
// say nothing of what is going to be.
func Parse(path string, src []byte) (*Plan, error) {
	d, err := planformat.Read(path, src)
	if err != nil {
		return nil, err
	}
	return Of(path, d)
}

// Of takes what a plan has that costs; errors call it path. What is not in the plan is
// told as what has no price.
func Of(path string, d planformat.Document) (*Plan, error) {
	const fix = "give what `terraform show -json tfplan` writes of a plan file"
	planned := object(object(d.Values["planned_values"])["root_module"])
	changes, told := d.Changes()
	switch {
	case d.Kind != planformat.Plan:
		return nil, kernel.Errorf(kernel.Invalid, "%s is a state, not a plan", path).WithFix(fix)
	case !told && len(planned) > 0:
		return nil, kernel.Errorf(kernel.Invalid, "%s is no whole plan: it has no resource_changes", path).WithFix(fix)
	}
	refs := map[string]map[string][]string{}
	collect(object(object(d.Values["configuration"])["root_module"]), "", refs, 0)
	var before, after []*cost.Resource
	for _, item := range changes {
		c := changeOf(object(item))
		if c.mode == "data" {
			continue
		}
		found := refs[cost.BlockOf(c.address)]
		if c.existed() {
			before = append(before, &cost.Resource{Address: c.address, Type: c.kind, Values: c.before, Refs: found, Kept: c.kept()})
		}
		if c.after != nil {
			after = append(after, &cost.Resource{Address: c.address, Type: c.kind, Values: c.after, Refs: found, Unknown: c.unknown, Kept: c.kept()})
		}
	}
	later, running := deferred(d.Values, refs)
	p := &Plan{Before: cost.NewSet(append(before, running...)), After: cost.NewSet(append(after, running...))}
	p.After.Unread = later
	for _, gap := range d.Gaps() {
		if gap.Address == "" && !gap.Deferred { // of the others there is more to tell
			p.After.Unread = append(p.After.Unread, cost.Unpriced{Address: path, Type: "plan", Reason: gap.Message})
		}
	}
	return p, nil
}

// Estimate prices the plan, against what runs before it.
func (p *Plan) Estimate(ctx context.Context, by *cost.Estimator, usage *cost.Usage) (*cost.Estimate, error) {
	after, err := by.Estimate(ctx, p.After, usage)
	if err != nil {
		return nil, err
	}
	before, err := by.Estimate(ctx, p.Before, usage)
	if err != nil {
		return nil, err
	}
	after.Against(before)
	after.Warnings = append(after.Warnings, usage.Warnings()...)
	return after, nil
}

// ForGates is Estimate as gates and policies have it: what the usage tells is among the
// assumptions, for who decides on a run did not write it.
func (p *Plan) ForGates(ctx context.Context, by *cost.Estimator, usage *cost.Usage) (*cost.Estimate, error) {
	e, err := p.Estimate(ctx, by, usage)
	if err == nil {
		e.Assumptions = append(e.Assumptions, usage.Counted()...)
	}
	return e, err
}

// change is what a plan does with a resource.
type change struct {
	address, kind, mode string
	actions             []any
	before, after       map[string]any
	unknown             map[string]bool
}

func changeOf(rc map[string]any) change {
	of := object(rc["change"])
	c := change{before: object(of["before"]), after: object(of["after"]), unknown: map[string]bool{}}
	c.address, _ = rc["address"].(string)
	c.kind, _ = rc["type"].(string)
	c.mode, _ = rc["mode"].(string)
	c.actions, _ = of["actions"].([]any)
	if c.before == nil && c.kept() {
		c.before = c.after // a plan may tell what it does not change once
	}
	for name, v := range object(of["after_unknown"]) {
		if v == true {
			c.unknown[name] = true
		}
	}
	return c
}

// kept reports whether the plan leaves it as it is.
func (c change) kept() bool { return slices.Equal(c.actions, []any{"no-op"}) }

// existed reports whether it was there before.
func (c change) existed() bool {
	return c.before != nil && (len(c.actions) > 1 || !slices.Contains(c.actions, any("create")))
}
