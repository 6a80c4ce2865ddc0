// Package rungate holds the gates that every installation has.
//
// It owns their rules. Approvals are delivery/run's own gate; policies, costs
// and windows are rooms of their own.
package rungate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// unassigned is the value of a tag of the first project until somebody sets it.
// It lets a first deployment through, and is said at each gate.
const unassigned = "unassigned"

// Tags demands the stage's required tags of the workload and of every planned
// resource that can carry tags.
type Tags struct{}

// Name is tags.
func (Tags) Name() string { return "tags" }

// Evaluate reports every tag that is missing, and how to set it.
func (Tags) Evaluate(_ context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed}
	required := in.Stage.RequiredTags
	if len(required) == 0 {
		result.Message = in.Stage.Name + " requires no tags"
		return result, nil
	}
	if in.Plan == nil {
		return result, kernel.Errorf(kernel.Internal, "there is no plan to look for tags in")
	}
	if in.Run.Operation != run.Destroy {
		result.Problems = workloadProblems(in, required)
	}
	checked := 0
	for _, rc := range in.Plan.ResourceChanges {
		tags, carries := tagsOf(rc)
		if !carries {
			continue
		}
		checked++
		if tags == nil {
			result.Problems = append(result.Problems, unknownTags(rc.Address))
			continue
		}
		result.Problems = append(result.Problems, resourceProblems(rc.Address, tags, required, in)...)
	}
	if len(result.Problems) > 0 {
		result.Outcome = run.Missed
		result.Message = fmt.Sprintf("%d required tags are missing", len(result.Problems))
		result.Fix = result.Problems[0].Fix
		return result, nil
	}
	result.Message = fmt.Sprintf("the workload and %d planned resources carry %s", checked, strings.Join(required, ", "))
	for _, name := range required {
		if in.Tags[name] == unassigned {
			result.Message += fmt.Sprintf("; nobody is named as %s yet", name)
			result.Fix = fix(name, in)
		}
	}
	return result, nil
}

func workloadProblems(in run.GateInput, required []string) []kernel.Problem {
	var problems []kernel.Problem
	for _, name := range missing(in.Tags, required) {
		problems = append(problems, kernel.Problem{
			Path: "metadata.annotations", Fix: fix(name, in),
			Message: fmt.Sprintf("workload %s has no %s", in.Run.Workload, name),
		})
	}
	return problems
}

func resourceProblems(address string, tags map[string]string, required []string, in run.GateInput) []kernel.Problem {
	var problems []kernel.Problem
	for _, name := range missing(tags, required) {
		p := kernel.Problem{Path: address, Message: fmt.Sprintf("%s has no tag %s", address, name), Fix: fix(name, in)}
		if in.Tags[name] != "" { // the workload has it: the module lost it
			p.Fix = "the module of this resource must pass its variable tags on to it"
		}
		problems = append(problems, p)
	}
	return problems
}

// unknownTags refuses tags that nobody can see yet: an unknown is not a pass.
func unknownTags(address string) kernel.Problem {
	return kernel.Problem{
		Path: address, Message: address + " has tags that are known only after the apply, so they cannot be checked",
		Fix: "its module must pass its variable tags on as it is",
	}
}

// fix says how a tag is set.
func fix(name string, in run.GateInput) string {
	if name == "env" {
		return "env is the stage; the module must pass its variable tags on"
	}
	return fmt.Sprintf("set the annotation terrace.dev/%s in the workload's metadata, or the project's with `terrace project tag %s` and its flag --%s", name, in.Run.Scope.Project, name)
}

func missing(tags map[string]string, required []string) []string {
	return slices.DeleteFunc(slices.Clone(required), func(name string) bool { return strings.TrimSpace(tags[name]) != "" })
}

// tagsOf returns the tags that a resource will have; carries is false for what
// has no attribute tags, is only read, or goes away. A tag whose value comes with
// the apply counts as present; tags that come as a whole are nil.
func tagsOf(rc *tfjson.ResourceChange) (tags map[string]string, carries bool) {
	if rc == nil || rc.Change == nil || rc.Mode == tfjson.DataResourceMode {
		return nil, false
	}
	after, ok := rc.Change.After.(map[string]any)
	if !ok {
		return nil, false
	}
	unknown, _ := rc.Change.AfterUnknown.(map[string]any)
	known, has := after["tags"]
	later, hasUnknown := unknown["tags"]
	if !has && !hasUnknown {
		return nil, false
	}
	if later == true {
		return nil, true
	}
	tags = map[string]string{}
	if m, ok := known.(map[string]any); ok {
		for name, value := range m {
			tags[name] = text(value)
		}
	}
	markLater(tags, later)
	return tags, true
}

func text(v any) string {
	s, ok := v.(string)
	if !ok && v != nil {
		return fmt.Sprint(v)
	}
	return s
}

// markLater fills in the tags whose values come with the apply.
func markLater(tags map[string]string, later any) {
	m, ok := later.(map[string]any)
	if !ok {
		return
	}
	for name, unknown := range m {
		if unknown == true {
			tags[name] = "(known after apply)"
		}
	}
}
