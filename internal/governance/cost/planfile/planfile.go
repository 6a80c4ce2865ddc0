// Package planfile reads what terraform show -json prints of a plan.
//
// It owns the reading of resources before and after the apply and of what their
// expressions name. It does not price them; what
// a plan must have is policy/planformat's, as for policies.
package planfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/policy/planformat"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Plan is the resources before and after the apply.
type Plan struct {
	Before, After *cost.Set
}

type document struct {
	FormatVersion   any `json:"format_version"`
	Version         any
	Errored         bool
	Complete        *bool
	ResourceChanges []change `json:"resource_changes"`
	DeferredChanges []struct {
		Reason         string
		ResourceChange change `json:"resource_change"`
	} `json:"deferred_changes"`
	PlannedValues *struct {
		RootModule map[string]json.RawMessage `json:"root_module"`
	} `json:"planned_values"`
	Values        json.RawMessage
	Configuration struct {
		RootModule module `json:"root_module"`
	}
}

type change struct {
	Address string
	Mode    string
	Type    string
	Change  *struct {
		Actions      []string
		Before       map[string]any
		After        map[string]any
		AfterUnknown map[string]any `json:"after_unknown"`
	}
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
	if err := planformat.Text(path, src); err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(src, &d); err != nil {
		return nil, misshapen(path, src, err)
	}
	if err := d.check(path); err != nil {
		return nil, err
	}
	refs := map[string]map[string][]string{}
	d.Configuration.RootModule.collect("", refs, 0)
	var before, after []*cost.Resource
	for i, c := range d.ResourceChanges {
		if c.Address == "" || c.Type == "" || c.Change == nil {
			return nil, planformat.Lacks(path, i)
		}
		if c.Mode == "data" {
			continue
		}
		found := refs[cost.BlockOf(c.Address)]
		was := c.Change.Before
		if was == nil && slices.Equal(c.Change.Actions, []string{"no-op"}) {
			was = c.Change.After // a plan may tell what it does not change once
		}
		if was != nil && (len(c.Change.Actions) > 1 || !slices.Contains(c.Change.Actions, "create")) {
			before = append(before, &cost.Resource{Address: c.Address, Type: c.Type, Values: was, Refs: found})
		}
		if c.Change.After != nil {
			after = append(after, &cost.Resource{Address: c.Address, Type: c.Type, Values: c.Change.After, Refs: found, Unknown: unknown(c.Change.AfterUnknown)})
		}
	}
	later, running := d.deferred(refs)
	p := &Plan{Before: cost.NewSet(append(before, running...)), After: cost.NewSet(append(after, running...))}
	p.After.Unread = later
	switch {
	case d.Errored:
		p.After.Unread = append(p.After.Unread, cost.Unpriced{Address: path, Type: "plan", Reason: "planning ended with an error: what was not planned is not in it"})
	case d.Complete != nil && !*d.Complete && len(later) == 0:
		p.After.Unread = append(p.After.Unread, cost.Unpriced{Address: path, Type: "plan", Reason: "the plan is not complete: what it leaves to another one, as with -target, is not in it"})
	}
	return p, nil
}

// check refuses what is no plan, and plans that do not say what changes.
func (d *document) check(path string) error {
	const fix = "give what `terraform show -json` writes of a plan file"
	if d.FormatVersion == nil {
		if d.Version != nil {
			return kernel.Errorf(kernel.Invalid, "%s is a state, not a plan", path).WithFix(fix)
		}
		return kernel.Errorf(kernel.Invalid, "%s is no plan: it has no format_version", path).WithFix(fix)
	}
	if err := planformat.Version(path, d.FormatVersion); err != nil {
		return err
	}
	switch {
	case d.ResourceChanges != nil:
		return nil
	case len(d.Values) > 0:
		return kernel.Errorf(kernel.Invalid, "%s is a state, not a plan", path).WithFix(fix)
	case d.PlannedValues == nil || len(d.PlannedValues.RootModule) > 0:
		return kernel.Errorf(kernel.Invalid, "%s is no whole plan: it has no resource_changes", path).WithFix(fix)
	}
	return nil
}

// misshapen is the error for what is no JSON, or has something else where a plan has
// its parts.
func misshapen(path string, src []byte, err error) error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || e.Field == "" {
		return planformat.Broken(path, src)
	}
	head := src[:min(int(e.Offset), len(src))]
	return kernel.Errorf(kernel.Invalid, "%s is no plan", path).WithProblems(kernel.Problem{
		File: path, Line: bytes.Count(head, []byte("\n")) + 1, Column: max(1, len(head)-bytes.LastIndexByte(head, '\n')-1),
		Message: fmt.Sprintf("a %s is not expected at %s", e.Value, e.Field), Fix: "give what `terraform show -json` writes of a plan file",
	})
}

func unknown(values map[string]any) map[string]bool {
	out := map[string]bool{}
	for name, v := range values {
		if b, ok := v.(bool); ok && b {
			out[name] = true
		}
	}
	return out
}
