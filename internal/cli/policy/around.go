package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// cost is the estimate of a plan as the server gives it to policies; nil where none of
// them reads it, and of a document that has no changes.
func (f *evalFlags) cost(ctx context.Context, d planformat.Document, around map[string][]rego.Around) (any, error) {
	usage, err := f.usage.Read()
	if err != nil {
		return nil, err
	}
	if _, changes := d.Changes(); !changes || !readsCost(around) {
		return nil, nil //nolint:nilnil // there is no estimate, as around documents of a server's
	}
	estimator, _, err := f.prices.Estimator()
	if err != nil {
		return nil, err
	}
	plan, err := planned.Of(nameOf(f.plan), d)
	if err != nil {
		return nil, err
	}
	e, err := plan.ForGates(ctx, estimator, usage)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func readsCost(around map[string][]rego.Around) bool {
	for _, all := range around {
		if slices.ContainsFunc(all, func(a rego.Around) bool { return a.Part == "" || a.Part == "cost" }) {
			return true
		}
	}
	return false
}

// flag warns of policies of one's own that were asked, and read of what surrounds a plan
// what is not given: where a rule reads nothing, it says nothing. What Terrace ships is
// made for that.
func flag(report *policy.Report, c policy.Context, policies []policy.Policy, around map[string][]rego.Around) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	given := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	told := map[string]bool{}
	for _, p := range policies {
		if p.Source == "terrace" || told[p.ID] || !slices.Contains(report.Evaluated, p.ID) {
			continue
		}
		told[p.ID] = true
		for _, a := range around[p.ID] {
			if lacks := lacking(a.Part, given); len(lacks) > 0 {
				report.Results = append(report.Results, warning(p, a, lacks))
			}
		}
	}
	report.Sort()
	return nil
}

// lacking are the parts that are not given, of one or of all.
func lacking(part string, given map[string]json.RawMessage) []string {
	parts := []string{part}
	if part == "" {
		parts = surrounding()
	}
	return slices.DeleteFunc(parts, func(name string) bool { return given[name] != nil || name == "plan" })
}

// surrounding is what a server may give around a plan.
func surrounding() []string {
	return []string{"tenant", "project", "stage", "target", "runtime", "operation", "requester", "workload", "graph", "cost", "previous"}
}

func warning(p policy.Policy, a rego.Around, lacks []string) policy.Result {
	at := kernel.Problem{File: a.File, Line: a.Line, Column: a.Column, Message: "what it reads there is not known"}
	message := fmt.Sprintf("reads input.terrace.%s, which is not given, and may have said nothing for that: %s", strings.Join(lacks, ", input.terrace."), at)
	return policy.Result{
		Policy: p.ID, Rule: p.Rule, Title: p.Title, Outcome: policy.Warned, Level: p.Level, Severity: p.Severity,
		Message: message, Fix: given(lacks), Source: p.Source,
	}
}

// given is how what is lacking can be.
func given(lacks []string) string {
	var flags []string
	var all []string
	for _, name := range lacks {
		switch name {
		case "tenant", "stage", "target", "runtime", "operation", "requester", "project":
			flags = append(flags, "--"+name)
		case "cost":
			all = append(all, "give a plan with its changes: a state has no cost")
		case "workload", "graph", "previous":
			if how := "ask the server, which knows what runs: --server --workload NAME --stage STAGE"; !slices.Contains(all, how) {
				all = append(all, how)
			}
		default:
			all = append(all, "read one of the parts that there are: "+strings.Join(surrounding(), ", "))
		}
	}
	if len(flags) > 0 {
		all = append([]string{"say it with " + strings.Join(flags, ", ")}, all...)
	}
	return strings.Join(all, "; or ")
}
