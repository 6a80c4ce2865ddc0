// Package rungate holds the gates that every installation has.
//
// It owns their rules. Approvals are delivery/run's own gate; policies, costs
// and windows are rooms of their own.
package rungate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

// unassigned is the value of a tag of the first project until somebody sets it.
// It lets a first deployment through, and is said at each gate.
const unassigned = "unassigned"

// Tags demands the tags that the stage, the tenant and the project require, with
// values that these allow, of the workload and of every planned resource that can
// carry tags.
type Tags struct{}

// Name is tags.
func (Tags) Name() string { return "tags" }

// The rules that findings of tags are of.
const (
	ruleRequired = "tags-required"
	ruleValues   = "tags-values"
	ruleLimits   = "tags-limits"
)

// Evaluate reports every tag that is missing, or that may not be as it is, and how
// to set it.
func (Tags) Evaluate(_ context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed, Tags: in.TagSet.Tags}
	if in.Plan == nil {
		return result, kernel.Errorf(kernel.Internal, "there is no plan to look for tags in")
	}
	c, err := newTagCheck(in)
	if err != nil {
		return result, err
	}
	if in.Run.Operation != run.Destroy {
		c.workload()
	}
	checked := 0
	for _, rc := range in.Plan.ResourceChanges {
		tags, carries := tagsOf(rc)
		if !carries {
			continue
		}
		checked++
		c.resource(rc.Address, tags)
	}
	if len(c.findings) > 0 {
		result.Outcome, result.Findings = run.Missed, c.findings
		result.Message = fmt.Sprintf("%d required tags are missing, or are not as they must be", len(c.findings))
		result.Fix = c.findings[0].Fix
		result.Problems = problemsOf(c.findings)
		return result, nil
	}
	c.passed(&result, checked)
	return result, nil
}

// told bounds the addresses that a problem names.
const told = 10

// problemsOf tells what several resources lack once, with their addresses.
func problemsOf(findings []run.Finding) []kernel.Problem {
	var all []kernel.Problem
	addresses := map[[2]string][]string{}
	for _, f := range findings {
		key := [2]string{f.Message, f.Fix}
		if addresses[key] == nil {
			all = append(all, kernel.Problem{Message: f.Message, Fix: f.Fix})
		}
		addresses[key] = append(addresses[key], f.Address)
	}
	for i, p := range all {
		at := addresses[[2]string{p.Message, p.Fix}]
		all[i].Path = strings.Join(at[:min(told, len(at))], ", ")
		if more := len(at) - told; more > 0 {
			all[i].Path += fmt.Sprintf(" and %d more", more)
		}
	}
	return all
}

// passed says what was found, and of whom nobody said yet who it is.
func (c *tagCheck) passed(result *run.GateResult, checked int) {
	if len(c.required) == 0 {
		result.Message = c.in.Stage.Name + " requires no tags"
		return
	}
	result.Message = fmt.Sprintf("the workload and %d planned resources carry %s", checked, strings.Join(c.required, ", "))
	for _, name := range c.required {
		if c.in.Tags[name] == unassigned {
			result.Message += fmt.Sprintf("; nobody is named as %s yet", name)
			result.Fix = fix(name, c.in)
		}
	}
}

// tagCheck gathers what is wrong with the tags of a plan.
type tagCheck struct {
	in       run.GateInput
	required []string
	patterns map[string]*regexp.Regexp
	findings []run.Finding
}

// newTagCheck has the stage's required tags and those of tenant and project. A
// pattern that cannot be read is an error: nothing passes it.
func newTagCheck(in run.GateInput) (*tagCheck, error) {
	c := &tagCheck{in: in, required: slices.Clone(in.Stage.RequiredTags), patterns: map[string]*regexp.Regexp{}}
	for _, r := range in.TagSet.Rules {
		if !slices.ContainsFunc(c.required, func(name string) bool { return cloudtag.Same(name, r.Key) }) {
			c.required = append(c.required, r.Key)
		}
		if r.Pattern == "" {
			continue
		}
		re, err := regexp.Compile("^(?:" + r.Pattern + ")$")
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the pattern of the tag %s of the %s cannot be read: %v", r.Key, r.From, err).WithFix("set another with terrace tag require %s --pattern", r.Key)
		}
		c.patterns[r.Pattern] = re
	}
	return c, nil
}

func (c *tagCheck) add(rule, address, key, message, fix string) {
	attribute := ""
	if key != "" {
		attribute = "tags." + key
	}
	c.findings = append(c.findings, run.Finding{
		Rule: rule, Outcome: "violation", Level: "hard-mandatory", Severity: "medium", Address: address, Attribute: attribute, Message: message, Fix: fix, Controls: controls(rule),
	})
}

// controls are those that the shipped policies about tags answer.
func controls(rule string) []string {
	if rule == ruleLimits {
		return nil
	}
	return []string{"iso-27001-2022:A.5.9", "mcsb:AM-1"}
}

// annotations is where a workload's own tags are.
const annotations = "metadata.annotations"

// workload checks what the workload gives to all of its resources.
func (c *tagCheck) workload() {
	for _, name := range missing(c.in.Tags, c.required) {
		c.add(ruleRequired, annotations, name, fmt.Sprintf("workload %s has no %s", c.in.Run.Workload, name), fix(name, c.in))
	}
	c.values(annotations, "workload "+c.in.Run.Workload+" ", c.in.Tags)
	for _, t := range c.in.TagSet.Tags {
		for _, p := range cloudtag.Check(t.Key, t.Value) {
			c.add(ruleLimits, annotations, t.Key, fmt.Sprintf("the tag %s, of the %s, cannot be: %s", t.Key, t.From, p.Message), p.Fix)
		}
	}
	if n := len(c.in.Tags); n > cloudtag.Most {
		c.add(ruleLimits, annotations, "", fmt.Sprintf("workload %s has %d tags, Azure takes %d", c.in.Run.Workload, n, cloudtag.Most), "leave some out: see terrace tag show")
	}
}

// resource checks what one planned resource carries; nil is not known yet.
func (c *tagCheck) resource(address string, tags map[string]string) {
	if tags == nil {
		if len(c.required) > 0 {
			c.add(ruleRequired, address, "", "has tags that are known only after the apply, so they cannot be checked", "its module must pass its variable tags on as it is")
		}
		return
	}
	for _, name := range missing(tags, c.required) {
		advice := fix(name, c.in)
		if value(c.in.Tags, name) != "" { // the workload has it: the module lost it
			advice = "the module of this resource must pass its variable tags on to it"
		}
		c.add(ruleRequired, address, name, "has no tag "+name, advice)
	}
	c.values(address, "", tags)
	if len(tags) > cloudtag.Most {
		c.add(ruleLimits, address, "", fmt.Sprintf("has %d tags, Azure takes %d", len(tags), cloudtag.Most), "leave some out: see terrace tag show, and the module's own")
	}
}

// values checks tags against the values that are allowed; who begins the sentence where
// the address does not.
func (c *tagCheck) values(address, who string, tags map[string]string) {
	for _, r := range c.in.TagSet.Rules {
		v := value(tags, r.Key)
		if strings.TrimSpace(v) == "" {
			continue // it is missing
		}
		if v == later && (len(r.Values) > 0 || r.Pattern != "") {
			c.add(ruleValues, address, r.Key, who+"has a tag "+r.Key+" that is known only after the apply, so it cannot be checked", "its module must pass its variable tags on as it is")
			continue
		}
		if len(r.Values) > 0 && !slices.Contains(r.Values, v) {
			c.add(ruleValues, address, r.Key, fmt.Sprintf("%shas %s=%s; %s", who, r.Key, v, r.Wants()), fix(r.Key, c.in))
		}
		if re := c.patterns[r.Pattern]; re != nil && !re.MatchString(v) {
			c.add(ruleValues, address, r.Key, fmt.Sprintf("%shas %s=%s; %s", who, r.Key, v, r.Wants()), fix(r.Key, c.in))
		}
	}
}

// fix says how a tag is set.
func fix(name string, in run.GateInput) string {
	switch {
	case slices.ContainsFunc([]string{"env", "project", "workload"}, func(ours string) bool { return cloudtag.Same(ours, name) }):
		return name + " is set by the platform; the module must pass its variable tags on"
	case slices.ContainsFunc([]string{"costcenter", "owner"}, func(ours string) bool { return cloudtag.Same(ours, name) }):
		return fmt.Sprintf("set the annotation terrace.dev/%s in the workload's metadata, or the project's with `terrace project tag %s` and its flag --%s", name, in.Run.Scope.Project, name)
	}
	return fmt.Sprintf("set the annotation tags.terrace.dev/%s in the workload's metadata, or for the project with `terrace tag set %s=VALUE`", name, name)
}

// value returns that of a tag, whatever the case of its key.
func value(tags map[string]string, name string) string {
	if v, ok := tags[name]; ok {
		return v
	}
	for key, v := range tags {
		if cloudtag.Same(key, name) {
			return v
		}
	}
	return ""
}

func missing(tags map[string]string, required []string) []string {
	return slices.DeleteFunc(slices.Clone(required), func(name string) bool { return strings.TrimSpace(value(tags, name)) != "" })
}

// later stands for a value that comes with the apply.
const later = "(known after apply)"

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
	unknowns, hasUnknown := unknown["tags"]
	if !has && !hasUnknown {
		return nil, false
	}
	if unknowns == true {
		return nil, true
	}
	tags = map[string]string{}
	if m, ok := known.(map[string]any); ok {
		for name, value := range m {
			tags[name] = text(value)
		}
	}
	markLater(tags, unknowns)
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
func markLater(tags map[string]string, unknowns any) {
	m, ok := unknowns.(map[string]any)
	if !ok {
		return
	}
	for name, unknown := range m {
		if unknown == true {
			tags[name] = later
		}
	}
}
