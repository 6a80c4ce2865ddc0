package app

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakplan"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// shownSecret is the policy that a plan shows no secret. What breaks it is found here,
// with what Terrace knows of a tenant's secrets; levels and exemptions are as of all
// policies.
func shownSecret() policy.Policy {
	return policy.Policy{
		ID: "terraform-secret-shown", Package: "terrace.terraform.secret.shown", Rule: "deny", Title: "Plans show no secrets",
		Description: "No value that looks like a key, a token or a password, and none that Terrace keeps as a secret, stands where terraform shows it: in attributes, outputs, variables and constants that are not marked as sensitive.",
		Severity:    policy.High, Level: policy.HardMandatory, WarnsOn: []string{"dev", "test"},
		Fix:       "Refer to the value as ${secret:NAME}, or mark the variable or the output as sensitive; then give the secret another value, as this one was shown.",
		Controls:  policy.Controls{"mcsb": {"IM-8"}, "iso-27001-2022": {"A.5.17", "A.8.12"}},
		Resources: []string{"*"}, Source: "terrace",
	}
}

// planLeaks finds secrets that plans show.
type planLeaks struct {
	leaks *leak.Service
	// rights tell who may read a secret, nil for everybody.
	rights *identity.Service
}

// inPlan is what the plan of a run shows. Findings of a dry run are not kept, and a removal
// is not asked: what shows a secret is to go.
func (l *planLeaks) inPlan(ctx context.Context, in run.GateInput, document policy.Input) (map[string][]policy.Result, error) {
	if in.Run.Operation == run.Destroy {
		return nil, nil //nolint:nilnil // nobody was asked
	}
	return l.found(ctx, in.Run.Scope, leak.Place{Kind: leak.Plan, Workload: in.Run.Workload, Run: in.Run.ID}, document, !in.Run.DryRun)
}

// inDocument is what a plan of somebody's or a state shows, of which nothing is kept. What
// was allowed in plans of the workload may stay there as well. Secrets that the actor may not
// read are not told: who guesses a value would learn that it is one.
func (l *planLeaks) inDocument(ctx context.Context, c policy.Context, workload string, document policy.Input) (map[string][]policy.Result, error) {
	scope := kernel.Scope{Tenant: c.Tenant, Project: c.Project, Stage: c.Stage}
	return l.found(ctx, scope, leak.Place{Kind: leak.Plan, Workload: workload}, document, false)
}

// tells reports whether a secret of Terrace may be told to the actor where nothing is kept.
func (l *planLeaks) tells(ctx context.Context, f leak.Finding) bool {
	return l.rights == nil || l.rights.Authorize(ctx, "secret.read", f.SecretScope()) == nil
}

func (l *planLeaks) found(ctx context.Context, scope kernel.Scope, place leak.Place, document policy.Input, keep bool) (map[string][]policy.Result, error) {
	if l == nil {
		return nil, nil //nolint:nilnil // nobody was asked
	}
	laid := leakplan.Of(document.Document)
	place.Part = laid.LeftOut > 0
	var tells func(leak.Finding) bool
	if !keep {
		tells = func(f leak.Finding) bool { return l.tells(ctx, f) }
	}
	report, err := l.leaks.InspectPlan(ctx, scope, place, laid.Text, keep, tells, func(line int) leak.Shown { return leak.Shown(laid.At(line)) })
	if err != nil {
		return nil, fmt.Errorf("look for secrets in the plan: %w", err)
	}
	results := []policy.Result{}
	for _, f := range report.Open {
		results = append(results, shown(f))
	}
	if place.Part && report.Incomplete == "" {
		report.Incomplete = "more than is looked at, which leaves out " + cost.Counted(laid.LeftOut, "value")
	}
	if report.Incomplete != "" {
		results = append(results, policy.Result{Address: "plan", Outcome: policy.Warned, Severity: policy.Low, Message: "was not looked through whole for secrets: " + report.Incomplete})
	}
	return map[string][]policy.Result{shownSecret().ID: results}, nil
}

// shown is what is said of a finding. A rule that goes by the name beside a value alone
// guesses: it warns.
func shown(f leak.Finding) policy.Result {
	r := policy.Result{Address: f.Place.Address, Attribute: f.Place.Attribute}
	switch {
	case f.Secret != "":
		r.Message = "shows the secret " + f.Secret
	case f.Rule == leakscan.OwnRule().ID:
		r.Message = "shows a secret of another project"
	case leakscan.Guesses(f.Rule):
		r.Outcome, r.Severity = policy.Warned, policy.Low
		r.Message = "shows what may be a secret by its name (" + f.Rule + ")"
	default:
		r.Message = "shows what looks like a secret (" + f.Rule + "): " + f.Redacted
	}
	if f.ID != "" {
		r.Fix = shownSecret().Fix + " Where it is none, terrace secret allow " + f.ID + " --reason says so."
	}
	return r
}
