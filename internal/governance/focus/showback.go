package focus

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Basis is which of the costs is told.
type Basis string

// The costs of FOCUS.
const (
	// Effective spreads what was paid in advance over what uses it.
	Effective Basis = "effective"
	// Billed is what invoices say.
	Billed Basis = "billed"
	// List is what it would cost without discounts.
	List Basis = "list"
)

func (b Basis) of(c Cost) Amount {
	switch b {
	case Billed:
		return c.Billed
	case List:
		return c.List
	case Effective:
	}
	return c.Effective
}

// Query says what a report is about.
type Query struct {
	// Month is 2026-01; "" is the newest that was imported.
	Month string
	// By are the dimensions of the lines; none is project and stage.
	By    []Dimension
	Basis Basis
}

// Showback tells who costs what in a month.
type Showback struct {
	Month string      `json:"month"`
	By    []Dimension `json:"by"`
	Basis Basis       `json:"basis"`
	Lines []Line      `json:"lines"`
	// Totals are by currency: amounts of two currencies are never added.
	Totals []Total `json:"totals"`
	// Coverage is what the month was made of.
	Coverage []Slice `json:"coverage"`
	// EstimatedUntil is the last day that estimates are of, as the charges of every account
	// are; "" where none are told.
	EstimatedUntil string `json:"estimatedUntil,omitempty"`
	// Notes tell what the figures do not have.
	Notes []string `json:"notes"`

	// last is the last day that the imports of every account have.
	last string
}

// Line is what somebody costs.
type Line struct {
	Labels

	Service string `json:"service,omitempty"`
	// Unallocated is what no tag and no rule gives to anybody.
	Unallocated bool   `json:"unallocated,omitempty"`
	Currency    string `json:"currency"`
	// Direct is its own, Shared its part of what is shared.
	Direct Amount `json:"direct"`
	Shared Amount `json:"shared"`
	Total  Amount `json:"total"`
	// Estimate is what was estimated for the days of the month that are compared, Difference
	// how much more was paid.
	Estimate   *Amount `json:"estimate,omitempty"`
	Difference *Amount `json:"difference,omitempty"`
	// Forecast is what the whole month is going to cost, where it goes on.
	Forecast *Amount `json:"forecast,omitempty"`
	// Unpriced counts what has no price and is not in the estimate.
	Unpriced int `json:"unpriced,omitempty"`
}

// Total is what all comes to in a currency.
type Total struct {
	Currency    string `json:"currency"`
	Direct      Amount `json:"direct"`
	Shared      Amount `json:"shared"`
	Unallocated Amount `json:"unallocated"`
	Total       Amount `json:"total"`
}

// Showback reports on a month. In the scope of a project it tells that project's
// costs alone, with its part of what is shared.
func (s *Service) Showback(ctx context.Context, scope kernel.Scope, q Query) (Showback, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return Showback{}, err
	}
	if len(q.By) == 0 {
		q.By = []Dimension{ByProject, ByStage}
	}
	r := Showback{Month: q.Month, By: q.By, Basis: cmp.Or(q.Basis, Effective), Lines: []Line{}, Totals: []Total{}, Coverage: []Slice{}, Notes: []string{}}
	if err := s.cover(ctx, scope, &r); err != nil {
		return Showback{}, err
	}
	pieces, err := s.pieces(ctx, scope, r.Month, r.Basis)
	if err != nil {
		return Showback{}, err
	}
	r.sum(pieces)
	err = s.compare(ctx, scope, &r)
	return r, err
}

// pieces are the month's, of the project of the scope where it has one.
func (s *Service) pieces(ctx context.Context, scope kernel.Scope, month string, basis Basis) ([]piece, error) {
	rules, err := s.rules(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	costs, err := s.Store.Costs(ctx, scope.Tenant, month)
	if err != nil {
		return nil, err
	}
	all := allocate(costs, rules, basis.of)
	if scope.Project == "" {
		return all, nil
	}
	return slices.DeleteFunc(all, func(p piece) bool { return !ofProject(p.Labels, scope) }), nil
}

// ofProject reports whether labels are those of the scope's project, of its tenant.
func ofProject(l Labels, scope kernel.Scope) bool {
	return l.Project == scope.Project && (l.Tenant == "" || l.Tenant == scope.Tenant)
}

// cover finds the month and what there is of it.
func (s *Service) cover(ctx context.Context, scope kernel.Scope, r *Showback) error {
	all, err := s.Store.Coverage(ctx, scope.Tenant)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return kernel.Errorf(kernel.NotFound, "no costs were imported yet").WithFix("import a file of your provider: terrace cost import FILE")
	}
	if r.Month == "" {
		r.Month = all[len(all)-1].Period[:len("2026-01")]
	}
	if _, err := time.Parse("2006-01", r.Month); err != nil {
		return kernel.Errorf(kernel.Invalid, "%q is no month", r.Month).WithFix("write it as 2026-01")
	}
	for _, sl := range all {
		if strings.HasPrefix(sl.Period, r.Month) {
			r.Coverage = append(r.Coverage, sl)
		}
	}
	if len(r.Coverage) == 0 {
		return kernel.Errorf(kernel.NotFound, "no costs of %s were imported", r.Month).WithFix("there are costs from %s to %s", all[0].Period, all[len(all)-1].End)
	}
	for _, sl := range r.Coverage {
		if end, err := time.Parse(time.DateOnly, sl.End); err == nil && sl.To < end.AddDate(0, 0, -1).Format(time.DateOnly) {
			r.Notes = append(r.Notes, "the account "+sl.Account+" has charges up to "+sl.To+", and its period ends before "+sl.End)
		}
	}
	r.last = lastOf(r.Coverage)
	if scope.Project != "" {
		r.Coverage = []Slice{} // accounts are the tenant's
	}
	return nil
}

// lastOf is the last day that all of the slices have.
func lastOf(coverage []Slice) (last string) {
	for _, sl := range coverage {
		if last == "" || sl.To < last {
			last = sl.To
		}
	}
	return last
}

type lineKey struct {
	Labels

	service, currency string
}

// sum makes lines and totals of pieces.
func (r *Showback) sum(pieces []piece) {
	lines, totals := map[lineKey]*Line{}, map[string]*Total{}
	for _, p := range pieces {
		key, nobody := r.key(p)
		l, ok := lines[key]
		if !ok {
			l = &Line{Labels: key.Labels, Service: key.service, Currency: key.currency, Unallocated: nobody}
			lines[key] = l
		}
		t, ok := totals[p.currency]
		if !ok {
			t = &Total{Currency: p.currency}
			totals[p.currency] = t
		}
		if p.rule == "" {
			l.Direct, t.Direct = l.Direct.Add(p.amount), t.Direct.Add(p.amount)
		} else {
			l.Shared, t.Shared = l.Shared.Add(p.amount), t.Shared.Add(p.amount)
		}
		l.Total, t.Total = l.Total.Add(p.amount), t.Total.Add(p.amount)
		if nobody {
			t.Unallocated = t.Unallocated.Add(p.amount)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(lines), func(x, y lineKey) int {
		return cmp.Or(cmp.Compare(x.currency, y.currency), -lines[x].Total.Cmp(lines[y].Total), compareLabels(x.Labels, y.Labels), cmp.Compare(x.service, y.service))
	}) {
		r.Lines = append(r.Lines, *lines[k])
	}
	for _, c := range slices.Sorted(maps.Keys(totals)) {
		r.Totals = append(r.Totals, *totals[c])
	}
}

// key is where a piece is counted; nobody is true where no tag of it says whose it is.
func (r *Showback) key(p piece) (key lineKey, nobody bool) {
	key.currency, nobody = p.currency, true
	for _, d := range r.By {
		if d == ByService {
			key.service = p.service
			nobody = nobody && len(r.By) > 1
			continue
		}
		v := *p.at(d)
		*key.at(d) = v
		nobody = nobody && v == ""
	}
	return key, nobody
}
