package focus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// DefaultQuiet is after how many days without a deployment a stage is told.
const DefaultQuiet = 30

// The kinds of idle findings.
const (
	// IdleStopped: a workload is deployed and runs nothing.
	IdleStopped = "stopped"
	// IdleQuiet: nothing was deployed to a project's stage for long.
	IdleQuiet = "quiet"
	// IdleLeftover: a state has resources, and no workload refers to it.
	IdleLeftover = "leftover"
	// IdleUnknown: something is billed with tags of what is not deployed.
	IdleUnknown = "unknown"
)

// Idle is something that seems to be paid for in vain.
type Idle struct {
	Kind     string     `json:"kind" enum:"stopped,quiet,leftover,unknown"`
	Project  string     `json:"project"`
	Stage    string     `json:"stage"`
	Workload string     `json:"workload,omitempty"`
	Message  string     `json:"message"`
	Fix      string     `json:"fix"`
	Since    *time.Time `json:"since,omitempty"`
	// Costs are what was paid for it in the newest month, as far as tags tell.
	Costs []Money `json:"costs"`
}

// Money is an amount with its currency.
type Money struct {
	Currency string `json:"currency"`
	Amount   Amount `json:"amount"`
}

// place is a workload on a stage, or all of a stage.
type place struct{ project, stage, workload string }

// IdleReport is what seems to be paid for in vain.
type IdleReport struct {
	// Month is that of the costs, "" where none were imported.
	Month    string `json:"month,omitempty"`
	Findings []Idle `json:"findings"`
}

// Idle returns what seems to be paid for in vain. It knows what the platform made,
// and what is billed with the platform's tags: nothing else.
func (s *Service) Idle(ctx context.Context, scope kernel.Scope, quietDays int) (IdleReport, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return IdleReport{}, err
	}
	deployed, err := s.Estate.Deployments(ctx, scope)
	if err != nil {
		return IdleReport{}, err
	}
	left, err := s.Estate.Leftovers(ctx, scope)
	if err != nil {
		return IdleReport{}, err
	}
	report := IdleReport{Findings: []Idle{}}
	paid, err := s.paid(ctx, scope, &report)
	if err != nil {
		return IdleReport{}, err
	}
	report.Findings = slices.Concat(report.Findings, stopped(deployed), s.quiet(deployed, cmp.Or(quietDays, DefaultQuiet)), leftovers(left), unknown(deployed, left, paid))
	if report.Findings == nil {
		report.Findings = []Idle{}
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		f.Costs = costsOf(paid, place{f.Project, f.Stage, f.Workload})
	}
	slices.SortStableFunc(report.Findings, func(x, y Idle) int {
		return cmp.Or(cmp.Compare(x.Project, y.Project), cmp.Compare(x.Stage, y.Stage), cmp.Compare(x.Workload, y.Workload), cmp.Compare(x.Kind, y.Kind))
	})
	return report, nil
}

// paid sums the newest month up by what tags say.
func (s *Service) paid(ctx context.Context, scope kernel.Scope, report *IdleReport) (map[place]map[string]Amount, error) {
	all := map[place]map[string]Amount{}
	newest := Showback{}
	if err := s.cover(ctx, scope, &newest); err != nil {
		if kernel.Is(err, kernel.NotFound) {
			return all, nil
		}
		return nil, err
	}
	report.Month = newest.Month
	pieces, err := s.pieces(ctx, scope, newest.Month, Effective)
	for _, p := range pieces {
		if p.rule != "" || p.Project == "" || p.Stage == "" || !ofProject(p.Labels, scope.InProject(p.Project)) {
			continue
		}
		at := place{p.Project, p.Stage, p.Workload}
		if all[at] == nil {
			all[at] = map[string]Amount{}
		}
		all[at][p.currency] = all[at][p.currency].Add(p.amount)
	}
	return all, err
}

// costsOf sums what is paid for a workload, or for all of a stage.
func costsOf(paid map[place]map[string]Amount, at place) []Money {
	sums := map[string]Amount{}
	for p, amounts := range paid {
		if p.project == at.project && p.stage == at.stage && (at.workload == "" || p.workload == at.workload) {
			for c, a := range amounts {
				sums[c] = sums[c].Add(a)
			}
		}
	}
	all := []Money{}
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, Money{Currency: c, Amount: sums[c]})
	}
	return all
}

func stopped(deployed []Deployed) (all []Idle) {
	for _, d := range deployed {
		if d.Stopped {
			all = append(all, Idle{
				Kind: IdleStopped, Project: d.Scope.Project, Stage: d.Scope.Stage, Workload: d.Workload, Message: "it is deployed, and none of its containers runs",
				Fix: fmt.Sprintf("destroy it with terrace destroy %s --stage %s, or deploy a release that runs", d.Workload, d.Scope.Stage),
			})
		}
	}
	return all
}

// quiet finds the stages of projects on which nothing was deployed for long.
func (s *Service) quiet(deployed []Deployed, days int) (all []Idle) {
	newest := map[place]time.Time{}
	for _, d := range deployed {
		at := place{d.Scope.Project, d.Scope.Stage, ""}
		if last := newest[at]; d.AppliedAt.After(last) {
			newest[at] = d.AppliedAt
		} else {
			newest[at] = last
		}
	}
	limit := s.Clock.Now().AddDate(0, 0, -days)
	for at, last := range newest {
		if last.IsZero() || last.After(limit) {
			continue
		}
		all = append(all, Idle{
			Kind: IdleQuiet, Project: at.project, Stage: at.stage, Since: &last, Message: fmt.Sprintf("nothing was deployed here for %d days", int(s.Clock.Now().Sub(last).Hours()/24)),
			Fix: "destroy what nobody uses, or leave it where it serves: only you know that",
		})
	}
	return all
}

func leftovers(left []Leftover) (all []Idle) {
	for _, l := range left {
		all = append(all, Idle{
			Kind: IdleLeftover, Project: l.Scope.Project, Stage: l.Scope.Stage, Workload: l.Workload, Since: &l.Since,
			Message: fmt.Sprintf("its state has %d resources, and it is not deployed", l.Resources),
			Fix:     fmt.Sprintf("deploy %s to %s again and destroy it, or look at what is left: terrace state show %s --stage %s", l.Workload, l.Scope.Stage, l.Workload, l.Scope.Stage),
		})
	}
	return all
}

// unknown finds what is billed with the tags of something that is not deployed.
func unknown(deployed []Deployed, left []Leftover, paid map[place]map[string]Amount) (all []Idle) {
	known := map[place]bool{}
	for _, d := range deployed {
		known[place{d.Scope.Project, d.Scope.Stage, d.Workload}], known[place{d.Scope.Project, d.Scope.Stage, ""}] = true, true
	}
	for _, l := range left {
		known[place{l.Scope.Project, l.Scope.Stage, l.Workload}], known[place{l.Scope.Project, l.Scope.Stage, ""}] = true, true
	}
	for at, amounts := range paid {
		costs := slices.ContainsFunc(slices.Collect(maps.Values(amounts)), func(a Amount) bool { return a.Sign() > 0 })
		if known[at] || !costs {
			continue
		}
		all = append(all, Idle{
			Kind: IdleUnknown, Project: at.project, Stage: at.stage, Workload: at.workload, Message: "it is billed with these tags, and the platform has deployed nothing of the kind",
			Fix: "look for the resources with these tags at the provider, and delete them or correct the tags",
		})
	}
	return all
}
