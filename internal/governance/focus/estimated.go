package focus

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// months are the moments of a month that its charges and estimates are compared by.
type months struct {
	// from and to are the month; until is as far as there are charges of it.
	from, until, to time.Time
}

// runs reports whether the month goes on.
func (m months) runs() bool { return m.until.Before(m.to) }

// of is the month of a report, whose charges are there up to a last day. A month that is
// over is compared as a whole: what its imports lack is told.
func (s *Service) of(month, last string) (months, error) {
	from, err := time.Parse("2006-01", month)
	if err != nil {
		return months{}, err
	}
	m := months{from: from, to: from.AddDate(0, 1, 0)}
	if m.until = m.to; !s.Clock.Now().Before(m.to) {
		return m, nil
	}
	day, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return months{}, err
	}
	if until := day.AddDate(0, 0, 1); until.Before(m.to) {
		m.until = until
	}
	return m, nil
}

// compare puts what was estimated beside what was paid: each figure as long as it was in
// force, for the days that there are charges of. Of a month that goes on, what is to come
// is added to what was paid.
func (s *Service) compare(ctx context.Context, scope kernel.Scope, r *Showback) error {
	estimated := []Dimension{ByTenant, ByProject, ByStage, ByWorkload}
	if slices.ContainsFunc(r.By, func(d Dimension) bool { return !slices.Contains(estimated, d) }) {
		return nil
	}
	if s.Estimates == nil {
		r.Notes = append(r.Notes, "there is nothing to compare with: no estimates are kept")
		return nil
	}
	m, err := s.of(r.Month, r.last)
	if err != nil {
		return err
	}
	r.EstimatedUntil = m.until.AddDate(0, 0, -1).Format(time.DateOnly)
	all, err := s.Estimates.Estimated(ctx, scope, m.from, m.until)
	if err != nil {
		return err
	}
	for _, e := range all {
		r.estimate(e)
	}
	if len(all) == 0 {
		r.Notes = append(r.Notes, "there is nothing to compare with: nothing that ran in the month was estimated")
	}
	if m.runs() {
		return s.forecast(ctx, scope, r, m)
	}
	return nil
}

// forecast adds what is to come of the month.
func (s *Service) forecast(ctx context.Context, scope kernel.Scope, r *Showback, m months) error {
	rest, err := s.Estimates.Estimated(ctx, scope, m.until, m.to)
	if err != nil {
		return err
	}
	for _, e := range rest {
		l := r.line(e)
		l.Forecast = sum(l.Forecast, e.Cost)
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		l.Forecast = sum(l.Forecast, l.Total)
	}
	r.Notes = append(r.Notes, "the month goes on: charges and estimates are compared up to "+r.EstimatedUntil+", and the forecast is of the whole month: what was paid, and from there on the estimates of what runs")
	return nil
}

// estimate adds one estimate to its line.
func (r *Showback) estimate(e Estimated) {
	l := r.line(e)
	l.Estimate = sum(l.Estimate, e.Cost)
	difference := l.Total.Sub(*l.Estimate)
	l.Difference, l.Unpriced = &difference, l.Unpriced+e.Unpriced
}

func sum(a *Amount, b Amount) *Amount {
	if a != nil {
		b = b.Add(*a)
	}
	return &b
}

// line is that of an estimate; one that nothing was paid for gets one.
func (r *Showback) line(e Estimated) *Line {
	p := piece{Labels: Labels{Tenant: e.Scope.Tenant, Project: e.Scope.Project, Stage: e.Scope.Stage, Workload: e.Workload}, currency: e.Currency}
	key, _ := r.key(p)
	i := slices.IndexFunc(r.Lines, func(l Line) bool {
		same := l.Labels
		if same.Tenant == "" {
			same.Tenant = key.Tenant // resources seldom say it
		}
		return same == key.Labels && l.Currency == key.currency
	})
	if i < 0 {
		r.Lines = append(r.Lines, Line{Labels: key.Labels, Currency: key.currency})
		i = len(r.Lines) - 1
	}
	return &r.Lines[i]
}
