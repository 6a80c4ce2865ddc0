package compliance

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a report.
const (
	// reportDays is how far one goes back that says nothing.
	reportDays = 30
	// mostDays bounds how far one goes back.
	mostDays = 800
	day      = 24 * time.Hour
)

// ReportQuery asks for a report.
type ReportQuery struct {
	Framework string
	// From and To are days; zero is thirty days ago, and today.
	From, To time.Time
	Filter   Filter
}

// Report tells how the controls of a framework stand, and how that went.
type Report struct {
	Framework string    `json:"framework"`
	Name      string    `json:"name"`
	From      time.Time `json:"from"`
	// To is the moment that the report is of: the end of its last day, or now.
	To      time.Time `json:"to" doc:"The moment that the report is of: the end of its last day, or now."`
	Project string    `json:"project,omitempty" doc:"Only of this project."`
	Stage   string    `json:"stage,omitempty" doc:"Only of this stage."`
	// Stacks are those that were evaluated at that moment.
	Stacks   int       `json:"stacks" doc:"How many workloads on stages were evaluated at that moment."`
	Summary  Point     `json:"summary"`
	Controls []Control `json:"controls" doc:"All controls of the framework, in order."`
	Trend    []Point   `json:"trend" doc:"How it stood at the end of each day."`
}

// Point is how the controls stood at a moment.
type Point struct {
	// Day is the day at whose end it was.
	Day       string `json:"day" doc:"The day at whose end it was."`
	Controls  Counts `json:"controls" doc:"How many controls stood how."`
	Findings  int    `json:"findings" doc:"Findings that failed."`
	Resources int    `json:"resources" doc:"Resources with findings that failed; one that breaks two policies counts twice."`
	Exempted  int    `json:"exempted" doc:"Findings that were exempted."`
}

// Control is how one control stands.
type Control struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	// Policies answer it. Without one, nothing is evaluated.
	Policies  []string `json:"policies" doc:"The policies that answer it; without one nothing is evaluated."`
	Findings  int      `json:"findings"`
	Resources int      `json:"resources"`
	Exempted  int      `json:"exempted"`
	// Places are where it was evaluated.
	Places []ControlPlace `json:"places" doc:"Projects and stages where it was evaluated."`
}

// ControlPlace is how a control stands in a project on a stage.
type ControlPlace struct {
	Project   string  `json:"project"`
	Stage     string  `json:"stage"`
	Outcome   Outcome `json:"outcome"`
	Stacks    int     `json:"stacks"`
	Failing   int     `json:"failing" doc:"How many of the stacks fail."`
	Findings  int     `json:"findings"`
	Resources int     `json:"resources"`
	Exempted  int     `json:"exempted"`
}

// Report tells how the controls of a framework stood in the caller's sight.
func (s *Service) Report(ctx context.Context, scope kernel.Scope, q ReportQuery) (Report, error) {
	sight, err := s.sight(ctx, ActionRead, scope)
	if err != nil {
		return Report{}, err
	}
	framework, err := frameworkOf(q.Framework)
	if err != nil {
		return Report{}, err
	}
	from, to, err := s.days(q)
	if err != nil {
		return Report{}, err
	}
	all, err := s.Policies.Policies(ctx)
	if err != nil {
		return Report{}, err
	}
	b := newBook(framework, all, from, to)
	if err := s.Store.Spans(ctx, sight, q.Filter, from, to, b.add); err != nil {
		return Report{}, err
	}
	r := Report{
		Framework: framework, Name: policy.Frameworks()[framework], From: from, To: to, Project: q.Filter.Project, Stage: q.Filter.Stage,
		Summary: b.tally.point(to), Controls: b.tally.controls(), Stacks: b.tally.stacks,
	}
	r.Trend = append(b.trend.points(), r.Summary)
	return r, nil
}

// days are the beginning of the first day and the moment that the report is of.
func (s *Service) days(q ReportQuery) (from, to time.Time, err error) {
	now := s.Clock.Now().UTC()
	to, from = q.To.UTC(), q.From.UTC().Truncate(day)
	if q.To.IsZero() {
		to = now
	}
	end := to.Truncate(day).Add(day - time.Nanosecond)
	if end.After(now) {
		end = now
	}
	if q.From.IsZero() {
		from = to.Truncate(day).Add(-reportDays * day)
	}
	switch {
	case to.Truncate(day).After(now):
		return from, to, kernel.Errorf(kernel.Invalid, "%s has not come yet", to.Format(time.DateOnly)).WithFix("use a day up to today, in UTC").
			WithProblems(kernel.Problem{Path: "to", Message: "it is after today"})
	case from.After(end):
		return from, to, kernel.Errorf(kernel.Invalid, "the report ends before it begins").WithFix("use a first day that is not after the last").
			WithProblems(kernel.Problem{Path: "from", Message: "it is after the last day"})
	case end.Sub(from) > mostDays*day:
		return from, to, kernel.Errorf(kernel.Invalid, "a report goes over %d days at most", mostDays).WithFix("ask for parts of it").
			WithProblems(kernel.Problem{Path: "from", Message: "it is too long ago"})
	}
	return from, end, nil
}
