package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// unpriced is by what name the level of estimates that lack a price is assigned,
// as those of policies are.
const unpriced = "cost-unpriced"

// estimates tell what the plans of runs cost.
type estimates struct {
	catalog cost.Catalog
	folders []string

	log *slog.Logger

	mu sync.Mutex
	// loaded are the prices, from when the first plan has something to pay for, and
	// stamp is what the folders were then.
	loaded *pricebook.Book
	stamp  string

	// made are estimates of plans that are still looked at, so that the gates of a
	// run, which judge the same plan, share one.
	made map[weak.Pointer[tfjson.Plan]]*cost.Estimate
}

// newEstimates has the prices that Terrace ships, and those of the operator's folders.
func newEstimates(p *platform) *estimates {
	return &estimates{catalog: cost.Platform{Catalog: azure.NewCatalog()}, folders: p.config.PriceFolders, log: p.log, made: map[weak.Pointer[tfjson.Plan]]*cost.Estimate{}}
}

// book are the prices, loaded again where the folders have changed. What could not
// be read is tried again with the next plan; until then the last good prices count.
func (c *estimates) book(ctx context.Context) (*pricebook.Book, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp := stampOf(c.folders)
	if c.loaded != nil && stamp == c.stamp {
		return c.loaded, nil
	}
	folders := []fs.FS{pricebook.Shipped()}
	for _, dir := range c.folders {
		folders = append(folders, os.DirFS(dir))
	}
	book, err := pricebook.Load(folders...)
	if err == nil {
		c.loaded, c.stamp = book, stamp
		return book, nil
	}
	if c.loaded == nil {
		return nil, err
	}
	c.log.WarnContext(ctx, "prices cannot be loaded again; plans are estimated with those that were good last", "prices", c.loaded.Date(), "error", err)
	return c.loaded, nil
}

// stampOf tells one content of folders of prices from another, by the names, sizes
// and times of their files.
func stampOf(folders []string) string {
	var s strings.Builder
	for _, dir := range folders {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*.csv"))
		fmt.Fprintf(&s, "%q %v\n", dir, err)
		for _, name := range files {
			if info, err := os.Stat(name); err != nil {
				fmt.Fprintf(&s, "%q %v\n", name, err)
			} else {
				fmt.Fprintf(&s, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return s.String()
}

// estimate is what the plan of a run costs, against what runs. It is made once a
// plan; nobody changes it.
func (c *estimates) estimate(ctx context.Context, in run.GateInput) (*cost.Estimate, error) {
	if in.Plan == nil {
		return nil, kernel.Errorf(kernel.Internal, "there is no plan to estimate")
	}
	plan := weak.Make(in.Plan)
	c.mu.Lock()
	e := c.made[plan]
	c.mu.Unlock()
	if e != nil {
		return e, nil
	}
	e, err := c.estimateAnew(ctx, in)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[plan] = e
	runtime.AddCleanup(in.Plan, c.forget, plan)
	return e, nil
}

// forget drops the estimate of a plan that nobody looks at any longer.
func (c *estimates) forget(plan weak.Pointer[tfjson.Plan]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.made, plan)
}

func (c *estimates) estimateAnew(ctx context.Context, in run.GateInput) (*cost.Estimate, error) {
	if c.nothing(in) {
		return &cost.Estimate{Currency: "USD", Items: []cost.Item{}, Unpriced: []cost.Unpriced{}, Before: &cost.Total{}, Delta: cost.NoDifference()}, nil
	}
	name := "the plan of " + in.Run.ID
	d, err := understood(name, in.Plan)
	if err != nil {
		return nil, err
	}
	return c.ofDocument(ctx, name, d, in.Workload)
}

// ofDocument estimates a plan that was read; errors call it name.
func (c *estimates) ofDocument(ctx context.Context, name string, d planformat.Document, w *workload.Workload) (*cost.Estimate, error) {
	book, err := c.book(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := planned.Of(name, d)
	if err != nil {
		return nil, err
	}
	usage, err := usageOf(w)
	if err != nil {
		return nil, err
	}
	return plan.ForGates(ctx, cost.NewEstimator(book, c.catalog), usage)
}

// usageOf is what use the workload expects of its resources; nil tells nothing.
func usageOf(w *workload.Workload) (*cost.Usage, error) {
	if w == nil || w.Annotations[workload.UsageAnnotation] == "" {
		return nil, nil //nolint:nilnil // no usage is a usage of nothing
	}
	return cost.ParseUsage(workload.UsageAnnotation, []byte(w.Annotations[workload.UsageAnnotation]))
}

// unread is the result for a workload whose usage cannot be taken: nothing is
// estimated without it.
func unread(err error) run.GateResult {
	e, _ := errors.AsType[*kernel.Error](err)
	r := run.GateResult{Level: run.HardMandatory, Outcome: run.Missed, Message: "the workload's usage is not understood", Fix: "correct the usage file, see terrace cost estimate --usage"}
	if e != nil {
		r.Problems = e.Problems
	}
	return r
}

// nothing reports whether all that the plan has is free, and it leaves out nothing but
// what the run did not ask for.
func (c *estimates) nothing(in run.GateInput) bool {
	if p := in.Plan; p.Complete != nil && !*p.Complete && len(in.Run.Targets) == 0 || len(p.DeferredChanges) > 0 {
		return false
	}
	for _, rc := range in.Plan.ResourceChanges {
		if rc.Mode != "data" && !c.catalog.Free(rc.Type) {
			return false
		}
	}
	return true
}

// costGate is a run.Gate: it tells what the plan costs, and flags an estimate
// that is not whole.
type costGate struct {
	costs  *estimates
	levels policy.Assignments
}

// Name is cost.
func (costGate) Name() string { return "cost" }

// Evaluate estimates the plan. An estimate that cannot be made is an error of the
// gate; one that lacks prices is as severe as is set for it.
func (g costGate) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	if in.Part {
		return ofTheWhole(), nil
	}
	e, err := g.costs.estimate(ctx, in)
	if _, usage := errors.AsType[*cost.UsageError](err); usage {
		return unread(err), nil
	}
	if err != nil {
		return run.GateResult{}, err
	}
	result := run.GateResult{Level: run.Advisory, Outcome: run.Passed, Message: told(e), Cost: costOf(e)}
	if e.Complete() {
		return result, nil
	}
	level := g.level(in)
	result.Level, result.Outcome = levelOf(level), run.Missed
	result.Fix = "tell the price with terrace cost prices import and priceFolders, or set the level of " + unpriced
	for _, u := range missing(e) {
		result.Findings = append(result.Findings, unpricedFinding(u, level))
		if level.Blocks() {
			result.Problems = append(result.Problems, kernel.Problem{Path: u.Address, Message: unpriced + ": " + u.Why(), Fix: result.Fix})
		}
	}
	return result, nil
}

// level is that of estimates without a price where the run is. Nothing makes
// them pass in silence: off is advisory.
func (g costGate) level(in run.GateInput) policy.Level {
	level, on := g.levels.Level(policy.Policy{ID: unpriced, Level: policy.Advisory}, contextOf(in))
	if !on {
		return policy.Advisory
	}
	return level
}

func levelOf(l policy.Level) run.Level {
	switch l {
	case policy.HardMandatory:
		return run.HardMandatory
	case policy.SoftMandatory:
		return run.SoftMandatory
	default:
		return run.Advisory
	}
}

func unpricedFinding(u cost.Unpriced, level policy.Level) run.Finding {
	outcome := policy.Warned
	if level.Blocks() {
		outcome = policy.Violated
	}
	return run.Finding{
		Rule: unpriced, Outcome: string(outcome), Level: string(level), Severity: string(policy.Medium), Address: u.Address,
		Attribute: u.Component, Message: "has no price, and is in no figure: " + u.Why(), Fix: pricing(u),
	}
}

// pricing is what to do about something without a price.
func pricing(u cost.Unpriced) string {
	if u.Price == nil {
		return "see what terrace cost estimate says of it, or set the level of " + unpriced
	}
	return "import its price with terrace cost prices import, or write it into a file of a folder of priceFolders"
}

// missing is what has no price, after the apply or now; what has none in both is
// told once.
func missing(e *cost.Estimate) []cost.Unpriced {
	all := slices.Clone(e.Unpriced)
	for _, u := range e.UnpricedBefore {
		if !slices.ContainsFunc(e.Unpriced, func(o cost.Unpriced) bool { return o.Address == u.Address && o.Component == u.Component }) {
			all = append(all, u)
		}
	}
	return all
}

// told is the estimate in a sentence.
func told(e *cost.Estimate) string {
	var s strings.Builder
	switch {
	case len(e.Items) == 0 && e.Before.Monthly == 0 && e.Complete():
		s.WriteString("nothing of the plan costs anything")
	default:
		fmt.Fprintf(&s, "$%.2f a month%s, ", e.Total.Monthly, cost.Without(len(e.Unpriced)))
		if e.Delta.Monthly == nil {
			s.WriteString("the difference to what runs is not known")
		} else {
			s.WriteString(cost.Say(e.Delta.Monthly, e.Delta.AtLeast, run.Signed) + " against what runs")
		}
	}
	if n := len(missing(e)) - len(e.Unpriced); n > 0 {
		fmt.Fprintf(&s, "; what runs now has %d more", n)
	}
	if e.DependsOnUsage > 0 {
		fmt.Fprintf(&s, "; use that nobody told decides %s", cost.Counted(e.DependsOnUsage, "part"))
	}
	if n := len(e.Assumptions); n > 0 {
		fmt.Fprintf(&s, "; rests on %s", cost.Counted(n, "assumption"))
	}
	if n := len(e.Warnings); n > 0 {
		fmt.Fprintf(&s, "; told of use without effect: %s", cost.Counted(n, "thing"))
	}
	if e.Prices != "" {
		fmt.Fprintf(&s, " (prices of %s)", e.Prices)
	}
	return s.String()
}

// costOf is what the dossier has of an estimate.
func costOf(e *cost.Estimate) *run.Cost {
	c := &run.Cost{
		Currency: e.Currency, Prices: e.Prices, Monthly: e.Total.Monthly, Hourly: e.Total.Hourly, Before: e.Before.Monthly, Delta: e.Delta.Monthly, AtLeast: e.Delta.AtLeast,
		Complete: e.Complete(), Unpriced: len(missing(e)), DependsOnUsage: e.DependsOnUsage, Changes: []run.CostChange{},
	}
	for _, change := range e.Changes {
		c.Changes = append(c.Changes, run.CostChange(change))
	}
	for _, a := range e.Assumptions {
		c.Assumptions = append(c.Assumptions, run.CostAssumption{Address: a.Address, Attribute: a.Attribute, Assumed: a.Assumed, Reason: a.Reason})
	}
	for _, w := range e.Warnings {
		c.Warnings = append(c.Warnings, w.String())
	}
	c.Assumptions = c.Assumptions[:min(len(c.Assumptions), run.MaxCostChanges)]
	slices.SortStableFunc(c.Changes, run.CostChange.Compare)
	c.Omitted = max(0, len(c.Changes)-run.MaxCostChanges)
	c.Changes = c.Changes[:len(c.Changes)-c.Omitted]
	return c
}
