package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakplan"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// shownSecret is the policy that a plan shows no secret. What breaks it is found here,
// with what Terrace knows of a tenant's secrets; levels and exemptions are as of all
// policies.
func shownSecret() policy.Policy {
	return policy.Policy{
		ID: "terraform-secret-shown", Package: "terrace.terraform.secret.shown", Rule: "deny", Title: "Plans show no secrets",
		Description: "No value that looks like a key, a token or a password, and none that Terrace keeps as a secret, stands where terraform shows it: in attributes, outputs, variables and constants that are not marked as sensitive.",
		Severity:    policy.High, Level: policy.HardMandatory, WarnsOn: []string{"dev", "test"},
		Fix:       leakplan.Fix,
		Controls:  policy.Controls{"mcsb": {"IM-8"}, "iso-27001-2022": {"A.5.17", "A.8.12"}},
		Resources: []string{"*"}, Source: "terrace",
	}
}

// planLeaks has plans that policies are asked about looked through for secrets; nil for
// nobody.
type planLeaks struct{ leakplan.Look }

// inPlan is what the plan of a run shows, and which values are to be hidden where it is shown.
// Findings are kept, also of a dry run, which ends none of them: what is there stays. A
// removal is not asked, as what shows a secret is to go, nor is the part of a plan.
func (l *planLeaks) inPlan(ctx context.Context, in run.GateInput, document policy.Input) (found map[string][]policy.Result, hidden []string, err error) {
	if l == nil {
		return nil, nil, nil
	}
	at := leak.Place{Kind: leak.Plan, Workload: in.Run.Workload, Run: in.Run.ID, Part: in.Run.DryRun, By: behind(in.Run)}
	hidden, err = l.Hidden(ctx, in.Run.Scope, at, before(document.Document))
	if err != nil || in.Run.Operation == run.Destroy {
		return nil, hidden, err
	}
	if in.Part {
		more, err := l.Hidden(ctx, in.Run.Scope, at, document.Document)
		return nil, append(hidden, more...), err
	}
	results, err := l.Planned(ctx, in.Run.Scope, at, document.Document)
	found, err = shown(results, err)
	return found, append(hidden, leakplan.Values(results)...), err
}

// before is what a plan shows of what is there: as one that would bring it.
func before(document map[string]any) map[string]any {
	resources, _ := document["resource_changes"].([]any)
	outputs, _ := document["output_changes"].(map[string]any)
	was := map[string]any{}
	of := func(change any) any {
		c, _ := change.(map[string]any)
		return map[string]any{"after": c["before"]}
	}
	var changes []any
	for _, item := range resources {
		r, _ := item.(map[string]any)
		changes = append(changes, map[string]any{"address": r["address"], "change": of(r["change"])})
	}
	for name, change := range outputs {
		was[name] = of(change)
	}
	return map[string]any{"resource_changes": changes, "output_changes": was}
}

// inDocument is what a plan of somebody's or a state shows, of which nothing is kept. What
// was allowed in plans of the workload may stay there as well.
func (l *planLeaks) inDocument(ctx context.Context, c policy.Context, workload string, document policy.Input) (map[string][]policy.Result, error) {
	if l == nil {
		return nil, nil //nolint:nilnil // nobody was asked
	}
	scope := kernel.Scope{Tenant: c.Tenant, Project: c.Project, Stage: c.Stage}
	return shown(l.Offered(ctx, scope, leak.Place{Kind: leak.Plan, Workload: workload}, document.Document))
}

// shown are results as those of a policy. What is guessed warns.
func shown(found []leakplan.Result, err error) (map[string][]policy.Result, error) {
	if err != nil {
		return nil, err
	}
	results := []policy.Result{}
	for _, f := range found {
		r := policy.Result{Address: f.Address, Attribute: f.Attribute, Message: f.Message, Fix: f.Fix}
		if f.Guess {
			r.Outcome, r.Severity = policy.Warned, policy.Low
		}
		results = append(results, r)
	}
	return map[string][]policy.Result{shownSecret().ID: results}, nil
}
