package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newBudgets makes the room of budgets, and has it told of the steps of runs. What
// is really paid is known to it once newCosts has made that room.
func newBudgets(p *platform, a *access, stages *stage.Set, runs *runsql.Store) *budget.Service {
	s := budget.New(budget.Config{
		Store: budgetsql.NewStore(p.db), Estate: budgetEstate{runs}, Stages: knownStages{stages}, Authorizer: a.identity, Tenants: quotaTenants{tenantsql.NewStore(p.db), a.tenants}, Journal: a.journal, Tx: p.db,
		Log: p.log, Unpriced: budget.Level(p.config.BudgetUnpriced), Rates: p.config.Rates(),
	})
	a.runEnds.budgets = s
	return s
}

// budgetRuns is a budget.Runs.
type budgetRuns struct {
	runs     *run.Service
	projects *tenant.Service
}

func (b budgetRuns) Reconsider(ctx context.Context, of, name, why string) error {
	return reconsiderAll(ctx, b.runs, b.projects, kernel.Scope{Tenant: of}, heldByBudget(name), why)
}

// heldByBudget tells the findings by which a budget holds a run.
func heldByBudget(name string) func(run.Finding) bool {
	return func(f run.Finding) bool {
		return f.Budget != nil && f.Budget.Budget == name && f.Outcome == string(policy.Violated)
	}
}

// bills is a budget.Bills.
type bills struct{ costs *focus.Service }

func (b bills) Paid(ctx context.Context, tenant, month string) (focus.Paid, error) {
	return b.costs.Paid(ctx, tenant, month)
}

// budgetEstate is a budget.Estate. It reads the store: budgets have asked whether
// their caller may.
type budgetEstate struct{ store *runsql.Store }

func (e budgetEstate) Deployed(ctx context.Context, tenant string) ([]budget.Stack, error) {
	all, err := e.store.Deployments(ctx, kernel.Scope{Tenant: tenant}, "")
	out := make([]budget.Stack, 0, len(all))
	for _, d := range all {
		out = append(out, budget.Stack{Scope: d.Scope, Workload: d.Workload})
	}
	return out, err
}

// Underway implements budget.Estate.
func (e budgetEstate) Underway(ctx context.Context, runs []string) ([]string, error) {
	return e.store.Unended(ctx, runs)
}

// follow tells budgets of a step of a run, in its transaction.
func follow(ctx context.Context, s *budget.Service, f kernel.Fact) error {
	end, ok := strings.CutPrefix(f.Type, "run.")
	if !ok || s == nil {
		return nil
	}
	var step budget.Step
	switch status := run.Status(end); {
	case status == run.Applying:
		step = budget.Applying
	case status == run.Verifying:
		step = budget.Applied
	case slices.Contains(run.Statuses(), status) && status.Terminal():
		step = budget.Ended
	default:
		return nil
	}
	raw, err := json.Marshal(f.Data)
	if err != nil {
		return err
	}
	var told struct {
		Operation run.Operation `json:"operation"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return err
	}
	return s.Follow(ctx, f.Subject, step, told.Operation == run.Destroy)
}

// budgetGate is a run.Gate.
type budgetGate struct {
	budgets *budget.Service
	costs   *estimates
}

// Name is budget.
func (budgetGate) Name() string { return "budget" }

// Evaluate holds what the plan adds against every budget up the scopes. A plan
// that cannot be estimated is an error of the gate.
func (g budgetGate) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	if in.Part {
		return ofTheWhole(), nil
	}
	e, err := g.costs.estimate(ctx, in)
	if err != nil {
		return run.GateResult{}, err
	}
	c := addedBy(in, e)
	if free, err := g.budgets.Free(ctx, c); err != nil || free && !c.Dry {
		result := heldBy(budget.Verdict{})
		result.Settle = func(ctx context.Context) error { return g.budgets.Reserve(ctx, c) }
		return result, err
	}
	v, err := g.budgets.Hold(ctx, c)
	if err != nil {
		return run.GateResult{}, err
	}
	return heldBy(v), nil
}

// mostShares is how many addresses a finding of a budget names.
const mostShares = 5

// addedBy is what the plan does to the cost of its stack.
func addedBy(in run.GateInput, e *cost.Estimate) budget.Change {
	c := budget.Change{
		Stack: budget.Stack{Scope: in.Run.Scope, Workload: in.Run.Workload}, Run: in.Run.ID, Currency: e.Currency, After: e.Total.Monthly, Before: e.Before.Monthly,
		Unknown: e.Delta.Monthly == nil, AtLeast: e.Delta.AtLeast,
		Destroys: in.Run.Operation == run.Destroy, Dry: in.Run.DryRun, Adopts: in.Run.Operation == run.Refresh,
		Overridden: in.Run.Overrode(budgetGate{}.Name()),
	}
	for _, u := range missing(e) {
		if !slices.Contains(c.Unpriced, u.Address) {
			c.Unpriced = append(c.Unpriced, u.Address)
		}
	}
	changes := costOf(e).Changes // the largest first
	for _, change := range changes {
		if change.Delta != nil && *change.Delta > 0 && len(c.Largest) < mostShares {
			c.Largest = append(c.Largest, budget.Share{Address: change.Address, Delta: *change.Delta})
		}
	}
	return c
}

// heldBy is the gate's word: the strictest of its budgets'.
func heldBy(v budget.Verdict) run.GateResult {
	result := run.GateResult{Level: run.Advisory, Outcome: run.Passed, Message: "no budget covers it"}
	if v.Budgets > 0 {
		result.Message = "it fits in " + cost.Counted(v.Budgets, "budget")
	}
	if len(v.Findings) == 0 {
		return result
	}
	level := levelOfBudget(v.Level())
	result.Level, result.Outcome = levelOf(level), run.Missed
	result.Message, result.Fix = cost.Counted(len(v.Findings), "finding")+" of "+cost.Counted(v.Budgets, "budget"), ""
	for _, f := range v.Findings {
		if result.Fix == "" && f.Level == v.Level() { // of the first budget that decides
			result.Fix = f.Fix
		}
		level := levelOfBudget(f.Level)
		result.Findings = append(result.Findings, budgetFinding(f, level))
		if level.Blocks() {
			result.Problems = append(result.Problems, kernel.Problem{Path: "budget " + f.Budget.Name, Message: f.Message, Fix: f.Fix})
		}
	}
	return result
}

// levelOfBudget is a budget's level as policies have it.
func levelOfBudget(l budget.Level) policy.Level {
	switch l {
	case budget.Block:
		return policy.HardMandatory
	case budget.Override:
		return policy.SoftMandatory
	case budget.Warn:
	}
	return policy.Advisory
}

func budgetFinding(f budget.Finding, level policy.Level) run.Finding {
	outcome := policy.Warned
	if level.Blocks() {
		outcome = policy.Violated
	}
	b := f.Budget
	figures := &run.BudgetFigures{
		Budget: b.Name, Scope: b.Scope(), Currency: b.Currency, Amount: b.Amount.Float(), Used: f.Used.Float(), Forecast: f.Forecast.Float(),
		Next: f.Next.Float(), AtLeast: f.AtLeast, Confidence: f.Confidence, Rates: f.Rates,
	}
	if !f.Unknown {
		delta := f.Delta.Float()
		figures.Delta = &delta
	}
	for _, s := range f.Largest {
		figures.Largest = append(figures.Largest, run.CostShare{Address: s.Address, Delta: s.Delta})
	}
	return run.Finding{
		Rule: f.Rule, Outcome: string(outcome), Level: string(level), Severity: string(policy.Medium), Message: f.Message, Fix: f.Fix, Budget: figures,
	}
}
