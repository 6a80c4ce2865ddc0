package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
	"github.com/terrace-idp/terrace/policies"
)

// newPolicies are the policies that runs are held against: those that Terrace
// ships, and the folders of the operator. They are loaded when they are asked, or
// by what follows them, so that no start waits for them.
func newPolicies(p *platform) (*live.Sets, error) {
	lib, err := fs.Sub(policies.Shipped, "lib")
	if err != nil {
		return nil, err
	}
	library, err := policy.ReadFolder("terrace", lib, "policies/lib")
	if err != nil {
		return nil, err
	}
	var sources []live.Source
	if p.config.ShippedPolicies {
		index, err := policy.ReadIndex(policies.Index)
		if err != nil {
			return nil, err
		}
		table, err := policy.ReadTable("policies/controls.yaml", policies.Controls)
		if err != nil {
			return nil, err
		}
		sources = append(sources, live.Embedded("terrace", policies.Shipped, index.Described(table)))
	}
	for _, dir := range p.config.PolicyFolders {
		sources = append(sources, live.Folder(dir))
	}
	repositories, err := policyRepositories(p)
	if err != nil {
		return nil, err
	}
	sources = append(sources, repositories...)
	return live.New(library, p.log, sources...), nil
}

func policyRepositories(p *platform) ([]live.Source, error) {
	if len(p.config.PolicyRepositories) == 0 {
		return nil, nil
	}
	git, err := gitexec.Find()
	if err != nil {
		return nil, err
	}
	var sources []live.Source
	for _, text := range p.config.PolicyRepositories {
		source, err := newPolicyRepository(p, git, text)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// policyGate is a run.Gate.
type policyGate struct {
	policies *policy.Service
	costs    *estimates
	leaks    *planLeaks
}

// Name is policy.
func (policyGate) Name() string { return "policy" }

// Evaluate holds the plan against the policies. What cannot be evaluated is an
// error of the gate, or a finding that blocks.
func (g policyGate) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	document, secret, err := documentOf(in)
	if err != nil {
		return run.GateResult{}, err
	}
	found, hidden, err := g.leaks.inPlan(ctx, in, document)
	if err != nil {
		return run.GateResult{}, err
	}
	if in.Part {
		result := ofTheWhole()
		result.Hidden = hidden
		return result, nil
	}
	document.Found = found
	if document.Context.Cost, err = g.costs.estimate(ctx, in); err != nil {
		return run.GateResult{}, err
	}
	report, err := g.policies.Evaluate(ctx, policy.Question{Input: document, Workload: in.Run.Workload})
	if err != nil {
		return run.GateResult{}, err
	}
	conceals(document, secret, report.Results)
	result := resultOf(report)
	result.Hidden = hidden
	for _, notice := range document.Notices { // what is not in the plan nobody has judged
		if len(in.Run.Targets) == 0 {
			result.Message += "; " + notice.Message
		}
	}
	return result, nil
}

// ofTheWhole is the result for a part of an approved plan: rules look for what
// belongs to a resource, and costs are compared, in the whole, which passed.
func ofTheWhole() run.GateResult {
	return run.GateResult{Level: run.Advisory, Outcome: run.Passed, Message: "the plan that this is a part of was judged as a whole"}
}

// documentOf is what policies see of a plan, and what is secret in it.
func documentOf(in run.GateInput) (policy.Input, *conceal.Values, error) {
	if in.Plan == nil {
		return policy.Input{}, nil, kernel.Errorf(kernel.Internal, "there is no plan to hold against policies")
	}
	name := "the plan of " + in.Run.ID
	understood, err := understood(name, in.Plan)
	if err != nil {
		return policy.Input{}, nil, err
	}
	document := plan.Of(name, understood)
	secret := plan.Redact(document)
	plan.Complete(document)
	document.Context = contextOf(in)
	return document, secret, nil
}

// understood is a run's plan, held to all that the text of one is held to.
func understood(name string, of *tfjson.Plan) (planformat.Document, error) {
	values, err := planjson.Values(of)
	if err != nil {
		return planformat.Document{}, err
	}
	return planformat.Of(name, values)
}

// conceals cuts what is secret out of what policies say. An address of the plan is
// none, whatever words it has.
func conceals(in policy.Input, secret *conceal.Values, results []policy.Result) {
	if secret.Empty() {
		return
	}
	known := plan.Addresses(in)
	for i := range results {
		r := &results[i]
		for _, said := range []*string{&r.Message, &r.Attribute, &r.Fix} {
			*said = secret.Cut(*said, plan.Hidden)
		}
		if !known[r.Address] {
			r.Address = secret.Cut(r.Address, plan.Hidden)
		}
	}
}

// contextOf is what policies know around the plan.
func contextOf(in run.GateInput) policy.Context {
	c := policy.Context{
		Tenant: in.Run.Scope.Tenant, Project: in.Run.Scope.Project, Stage: in.Stage.Name,
		Target: in.Stage.Target, Runtime: in.Stage.Runtime, Operation: string(in.Run.Operation),
		Requester: in.Run.RequestedBy.Name, Graph: in.Graph,
	}
	if in.Run.Deployed != nil {
		c.Previous = in.Run.Deployed
	}
	if in.Workload != nil {
		c.Workload = json.RawMessage(in.Workload.Canonical())
	}
	return c
}

// resultOf is the gate's word: the strictest of its policies'.
func resultOf(report policy.Report) run.GateResult {
	result := run.GateResult{Level: run.Advisory, Outcome: run.Passed}
	blocking := 0
	for _, r := range report.Results {
		f := findingOf(r)
		result.Findings = append(result.Findings, f)
		if f.Exemption != nil && !slices.Contains(result.Exemptions, *f.Exemption) {
			result.Exemptions = append(result.Exemptions, *f.Exemption)
		}
		if r.Outcome == policy.Violated || r.Outcome == policy.Errored {
			result.Outcome = run.Missed
		}
		if !r.Blocks() {
			continue
		}
		blocking++
		if r.Level == policy.HardMandatory {
			result.Level = run.HardMandatory
		} else if result.Level == run.Advisory {
			result.Level = run.SoftMandatory
		}
		result.Problems = append(result.Problems, kernel.Problem{Path: r.Address, Message: r.Policy + ": " + r.Message + at(r), Fix: r.Fix})
	}
	if result.Outcome == run.Missed {
		result.Fix = report.Results[0].Fix
	}
	result.Message = summed(report, result.Outcome, blocking)
	return result
}

// summed is what the policies said in a line.
func summed(report policy.Report, outcome run.Outcome, blocking int) string {
	message := number(len(report.Evaluated), "policy is kept", "policies are kept")
	exempted := report.Count(policy.Exempted)
	switch {
	case outcome == run.Missed:
		message = number(len(report.Results), "finding", "findings") + ", of which " + number(blocking, "stops it", "stop it")
		if blocking == 0 {
			message = number(len(report.Results), "finding", "findings") + ", and nothing stops it"
		}
	case exempted > 0:
		message = number(len(report.Evaluated), "policy was asked", "policies were asked") + ", and nothing stops it"
	}
	if exempted > 0 {
		message += ", " + number(exempted, "is exempted", "are exempted")
	}
	return message
}

func number(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

func at(r policy.Result) string {
	var parts []string
	if r.Attribute != "" {
		parts = append(parts, "at "+r.Attribute)
	}
	if controls := r.Controls.String(); controls != "" {
		parts = append(parts, controls)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

func findingOf(r policy.Result) run.Finding {
	f := run.Finding{
		Rule: r.Policy, Outcome: string(r.Outcome), Level: string(r.Level), Severity: string(r.Severity),
		Address: r.Address, Attribute: r.Attribute, Message: r.Message, Fix: r.Fix, Controls: r.Controls.Names(),
	}
	if r.Exemption != nil {
		e := run.Exemption(*r.Exemption)
		f.Exemption = &e
	}
	return f
}

// checkPolicies tells in `terrace doctor` when policies could not be loaded, or levels
// are for nothing.
func checkPolicies(ctx context.Context, d *delivery) []ServerCheck {
	var checks []ServerCheck
	for _, s := range d.policies.Sources(ctx) {
		c := ServerCheck{Name: "policies", OK: s.Problem == "", Message: fmt.Sprintf("%s has %s, version %s", s.Name, number(s.Policies, "policy", "policies"), s.Version)}
		if !c.OK {
			c.Message = fmt.Sprintf("%s: the %d policies that were good last are evaluated: %s", s.Name, s.Policies, s.Why())
			if s.Version == "" {
				c.Message = s.Name + ": its policies were never loaded, and runs are stopped: " + s.Why()
			}
			c.Fix = "mend the policies; they are loaded again within seconds"
		}
		checks = append(checks, c)
	}
	for _, p := range d.policy.Unused(ctx) {
		checks = append(checks, ServerCheck{Name: p.Path, Message: p.Message, Fix: p.Fix})
	}
	return checks
}

// warnOfLevels tells at the start of levels that the configuration gives to nothing.
func (d *delivery) warnOfLevels(log *slog.Logger) supervise.Loop {
	return func(ctx context.Context) error {
		for _, p := range d.policy.Unused(ctx) {
			log.WarnContext(ctx, p.Path+": "+p.Message, "fix", p.Fix)
		}
		return nil
	}
}
