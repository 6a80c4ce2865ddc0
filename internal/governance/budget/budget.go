package budget

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Level is what becomes of a run that would exceed a budget.
type Level string

// The levels.
const (
	// Warn tells it.
	Warn Level = "warn"
	// Override holds the run until somebody who may says why it goes on.
	Override Level = "override"
	// Block ends the run.
	Block Level = "block"
)

// Levels returns the levels, the mildest first.
func Levels() []Level { return []Level{Warn, Override, Block} }

// Stricter returns the stricter of two levels.
func Stricter(a, b Level) Level {
	if slices.Index(Levels(), b) > slices.Index(Levels(), a) {
		return b
	}
	return a
}

// Budget is how much a scope may cost in a calendar month.
type Budget struct {
	Name   string `json:"name"`
	Tenant string `json:"tenant"`
	// Project, Stage and Workload narrow the scope, in any combination; "" is all.
	Project  string `json:"project,omitempty"`
	Stage    string `json:"stage,omitempty"`
	Workload string `json:"workload,omitempty"`

	Amount focus.Amount `json:"amount"`
	// Currency is its code of ISO 4217, such as USD.
	Currency string `json:"currency"`
	// Zone is the time zone, by its name, in which the month begins and ends.
	Zone  string `json:"zone"`
	Level Level  `json:"level"`
	// Unpriced is what becomes of a run of which it cannot be told what it costs.
	Unpriced Level `json:"unpriced"`
	// Thresholds are percentages of the amount at which a warning is told.
	Thresholds []int `json:"thresholds"`
	// Platform says that operators of the platform have set it: those of the tenant see
	// it, and do not change it.
	Platform bool `json:"platform,omitempty"`

	// Revision counts from 1 how often the budget was set.
	Revision int64     `json:"revision"`
	SetBy    string    `json:"setBy"`
	SetAt    time.Time `json:"setAt"`
}

// Revision is a budget as it was set, or deleted, once.
type Revision struct {
	Budget

	Deleted bool   `json:"deleted,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Covers reports whether what a workload on a stage costs counts for the budget.
func (b Budget) Covers(scope kernel.Scope, workload string) bool {
	return b.Tenant == scope.Tenant && (b.Project == "" || b.Project == scope.Project) &&
		(b.Stage == "" || b.Stage == scope.Stage) && (b.Workload == "" || b.Workload == workload)
}

// ofLabels reports whether what was paid counts for the budget.
func (b Budget) ofLabels(l focus.Labels) bool {
	return (l.Tenant == "" || l.Tenant == b.Tenant) && (b.Project == "" || b.Project == l.Project) &&
		(b.Stage == "" || b.Stage == l.Stage) && (b.Workload == "" || b.Workload == l.Workload)
}

// Scope says what the budget is of, for people.
func (b Budget) Scope() string {
	parts := []string{"tenant " + b.Tenant}
	for _, p := range []struct{ what, name string }{{"project", b.Project}, {"stage", b.Stage}, {"workload", b.Workload}} {
		if p.name != "" {
			parts = append(parts, p.what+" "+p.name)
		}
	}
	return strings.Join(parts, ", ")
}

// Where is the scope that its reader and its setter need a role in.
func (b Budget) Where() kernel.Scope {
	s := kernel.Scope{Tenant: b.Tenant, Project: b.Project}
	if b.Project != "" {
		s.Stage = b.Stage
	}
	return s
}

const maxThreshold = 1000

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// complete fills in what was left out, and refuses what is not possible.
func (b Budget) complete(unpriced Level) (Budget, error) {
	b.Currency, b.Zone = cmp.Or(b.Currency, "USD"), cmp.Or(b.Zone, "UTC")
	b.Level, b.Unpriced = cmp.Or(b.Level, Warn), cmp.Or(b.Unpriced, unpriced, Warn)
	if b.Thresholds == nil {
		b.Thresholds = []int{50, 80, 100}
	}
	b.Thresholds = slices.Compact(slices.Sorted(slices.Values(b.Thresholds)))
	var problems []kernel.Problem
	refuse := func(bad bool, path, message, fix string) {
		if bad {
			problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
		}
	}
	refuse(!label.MatchString(b.Name), "name", "the name is not possible", "use 1 to 63 lower-case letters, digits or '-', starting and ending with a letter or digit")
	for path, name := range map[string]string{"project": b.Project, "stage": b.Stage, "workload": b.Workload} {
		refuse(name != "" && !label.MatchString(name), path, "there can be no "+path+" of that name", "write its name in lower-case letters")
	}
	refuse(b.Amount.Sign() <= 0, "amount", "the amount is not above nothing", "write how much may be spent in a month, such as 500")
	code, ok := focus.Currency(b.Currency)
	refuse(!ok, "currency", fmt.Sprintf("%.40q is no currency", b.Currency), "write its code of ISO 4217, such as EUR")
	b.Currency = cmp.Or(code, b.Currency)
	_, err := time.LoadLocation(b.Zone)
	refuse(err != nil || b.Zone == "Local", "zone", "it is no time zone", "write its name, such as Europe/Berlin")
	refuse(!slices.Contains(Levels(), b.Level), "level", "it is no level", "use block, override or warn")
	refuse(!slices.Contains(Levels(), b.Unpriced), "unpriced", "it is no level", "use block, override or warn")
	refuse(len(b.Thresholds) > 20 || len(b.Thresholds) > 0 && (b.Thresholds[0] < 1 || b.Thresholds[len(b.Thresholds)-1] > maxThreshold),
		"thresholds", "they are percentages of the amount", "give at most 20 of them, each from 1 to 1000")
	if len(problems) > 0 {
		slices.SortFunc(problems, func(x, y kernel.Problem) int { return cmp.Compare(x.Path, y.Path) })
		return b, kernel.Errorf(kernel.Invalid, "the budget is not possible").WithProblems(problems...)
	}
	return b, nil
}

// period is the calendar month of a moment in the budget's zone.
func (b Budget) period(at time.Time) Period {
	zone, err := time.LoadLocation(b.Zone)
	if err != nil {
		zone = time.UTC // it was checked when it was set
	}
	local := at.In(zone)
	from := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
	return Period{Month: from.Format("2006-01"), From: from.UTC(), To: from.AddDate(0, 1, 0).UTC()}
}

// Period is a calendar month.
type Period struct {
	// Month is 2026-01.
	Month string    `json:"month"`
	From  time.Time `json:"from"`
	// To is the first moment after it.
	To time.Time `json:"to"`
}

// share is how much of the month lies between two moments.
func (p Period) share(from, to time.Time) float64 {
	if from.Before(p.From) {
		from = p.From
	}
	if to.After(p.To) {
		to = p.To
	}
	if !to.After(from) {
		return 0
	}
	return float64(to.Sub(from)) / float64(p.To.Sub(p.From))
}
