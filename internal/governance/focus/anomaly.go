package focus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How anomalies are found: see docs/guide/finops.md.
const (
	seasons    = 8  // weeks of the same weekday that are looked at
	minSeasons = 4  // as many are needed, else the days before are looked at
	recent     = 28 // days before
	minHistory = 14 // days that are needed at all
	consistent = 1.4826
	leastShare = 0.05 // of the median: less is never a spread
	unsettled  = 2    // last days that may not be complete yet
	// DefaultThreshold is how many spreads from the median are an anomaly.
	DefaultThreshold = 4
	// DefaultMinimum is the smallest difference that is one, in units of the currency.
	DefaultMinimum = 10
	// DefaultWindow is how many days are judged.
	DefaultWindow = 30
)

// Looking says how anomalies are looked for; zeros are the defaults.
type Looking struct {
	Threshold, Minimum float64
	Days               int
}

func (l Looking) defaults() Looking {
	return Looking{cmp.Or(l.Threshold, DefaultThreshold), cmp.Or(l.Minimum, DefaultMinimum), cmp.Or(l.Days, DefaultWindow)}
}

// Method says in a sentence how a day is judged.
func (l Looking) Method() string {
	l = l.defaults()
	return fmt.Sprintf("A day is compared with the median of up to %d of the same weekday before it, or of up to %d days before it where there are fewer than %d of them; "+
		"it is out of line where it differs by %g or more and by %g or more spreads, one being %g times the median absolute deviation and at least %g %% of the median. The last %d of %d days that are judged may still grow.",
		seasons, recent, minSeasons, l.Minimum, l.Threshold, consistent, leastShare*100, unsettled, l.Days)
}

// Anomaly is a day on which a service cost a project's stage far more, or less, than
// it used to.
type Anomaly struct {
	ID       string `json:"id"`
	Day      string `json:"day"`
	Service  string `json:"service"`
	Project  string `json:"project,omitempty"`
	Stage    string `json:"stage,omitempty"`
	Currency string `json:"currency"`
	// Direction is above or below.
	Direction string `json:"direction" enum:"above,below"`
	Actual    Amount `json:"actual"`
	// Expected is the median of the days it was compared with, Spread their scaled MAD.
	Expected Amount `json:"expected"`
	Spread   Amount `json:"spread"`
	// Method is weekday or recent: what it was compared with; Samples counts these days.
	Method  string `json:"method" enum:"weekday,recent"`
	Samples int    `json:"samples"`
}

// Anomalies returns those of the last days that were imported, the newest first.
func (s *Service) Anomalies(ctx context.Context, scope kernel.Scope, l Looking) ([]Anomaly, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return nil, err
	}
	if math.IsNaN(l.Threshold+l.Minimum) || math.IsInf(l.Threshold+l.Minimum, 0) {
		return nil, kernel.Errorf(kernel.Invalid, "the threshold and the minimum have to be numbers").WithFix("write them as 4 and 10.5")
	}
	return s.look(ctx, scope, l.defaults())
}

// AnomaliesPage is a page of them.
func (s *Service) AnomaliesPage(ctx context.Context, scope kernel.Scope, l Looking, page kernel.PageRequest) (kernel.Page[Anomaly], error) {
	all, err := s.Anomalies(ctx, scope, l)
	if err != nil {
		return kernel.Page[Anomaly]{}, err
	}
	if page.Cursor != "" {
		i := slices.IndexFunc(all, func(a Anomaly) bool { return a.ID == page.Cursor })
		if i < 0 {
			return kernel.Page[Anomaly]{}, kernel.Errorf(kernel.Invalid, "%.40q is not a cursor of this list, or costs were imported meanwhile", page.Cursor).WithFix("list them from the first on")
		}
		all = all[i+1:]
	}
	return kernel.PageOf(all[:min(len(all), page.Size()+1)], page, func(a Anomaly) string { return a.ID }), nil
}

func (s *Service) look(ctx context.Context, scope kernel.Scope, l Looking) ([]Anomaly, error) {
	covered, err := s.Store.Coverage(ctx, scope.Tenant)
	if err != nil || len(covered) == 0 {
		return []Anomaly{}, err
	}
	first, last := covered[0].From, covered[0].To
	for _, sl := range covered {
		first, last = min(first, sl.From), max(last, sl.To)
	}
	end, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, err
	}
	first = max(first, end.AddDate(0, 0, 1-l.Days-7*seasons).Format(time.DateOnly))
	days, err := s.Store.Days(ctx, scope.Tenant, first, last)
	if err != nil {
		return nil, err
	}
	rules, err := s.rules(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	begin, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, err
	}
	return detect(seriesOf(days, newLabeller(rules), scope, begin, end), begin, l), nil
}

type seriesKey struct{ project, stage, service, currency string }

// seriesOf lays days out, one amount a day from begin to end: a day without a
// charge cost nothing.
func seriesOf(days []Daily, l *labeller, scope kernel.Scope, begin, end time.Time) map[seriesKey][]Amount {
	all := map[seriesKey][]Amount{}
	length := int(end.Sub(begin).Hours()/24) + 1
	for _, d := range days {
		labels := l.labels(Thing{Service: d.Service}, l.tagsOf(d.Tags))
		at, err := time.Parse(time.DateOnly, d.Day)
		i := int(at.Sub(begin).Hours() / 24)
		if err != nil || i < 0 || i >= length || (scope.Project != "" && !ofProject(labels, scope)) {
			continue
		}
		key := seriesKey{labels.Project, labels.Stage, d.Service, d.Currency}
		if all[key] == nil {
			all[key] = make([]Amount, length)
		}
		all[key][i] = all[key][i].Add(d.Effective)
	}
	return all
}

// detect judges the last days of every series. It is a function of what it is given:
// the same costs have the same anomalies.
func detect(all map[seriesKey][]Amount, begin time.Time, l Looking) []Anomaly {
	found := []Anomaly{}
	for _, key := range slices.SortedFunc(maps.Keys(all), func(x, y seriesKey) int {
		return cmp.Or(cmp.Compare(x.project, y.project), cmp.Compare(x.stage, y.stage), cmp.Compare(x.service, y.service), cmp.Compare(x.currency, y.currency))
	}) {
		series := all[key]
		for i := max(minHistory, len(series)-l.Days); i < len(series); i++ {
			if a, ok := judge(series, i, l); ok {
				a.Day, a.Service, a.Project, a.Stage, a.Currency = begin.AddDate(0, 0, i).Format(time.DateOnly), key.service, key.project, key.stage, key.currency
				sum := sha256.Sum256([]byte(strings.Join([]string{a.Day, a.Service, a.Project, a.Stage, a.Currency, a.Direction}, "\x00")))
				a.ID = "anm_" + hex.EncodeToString(sum[:8])
				found = append(found, a)
			}
		}
	}
	slices.SortStableFunc(found, func(x, y Anomaly) int { return cmp.Compare(y.Day, x.Day) })
	return found
}

// judge compares one day with those before it.
func judge(series []Amount, i int, l Looking) (Anomaly, bool) {
	method, sample := "weekday", []float64{}
	for k := i - 7; k >= 0 && len(sample) < seasons; k -= 7 {
		sample = append(sample, series[k].Float())
	}
	if len(sample) < minSeasons {
		method, sample = "recent", sample[:0]
		for k := i - 1; k >= 0 && len(sample) < recent; k-- {
			sample = append(sample, series[k].Float())
		}
	}
	expected := median(sample)
	deviations := make([]float64, len(sample))
	for k, v := range sample {
		deviations[k] = math.Abs(v - expected)
	}
	spread := max(consistent*median(deviations), leastShare*math.Abs(expected))
	difference := series[i].Float() - expected
	a := Anomaly{Direction: "above", Actual: series[i], Expected: rounded(expected), Spread: rounded(spread), Method: method, Samples: len(sample)}
	if difference < 0 {
		a.Direction = "below"
	}
	settled := difference > 0 || i < len(series)-unsettled
	return a, settled && math.Abs(difference) >= l.Minimum && math.Abs(difference) >= l.Threshold*spread
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// rounded writes a statistic as an amount, to the hundredth of a hundredth.
func rounded(v float64) Amount {
	a, _, _ := ParseAmount(strconv.FormatFloat(v, 'f', 4, 64)) // it has that form
	return a
}

// tell records what an import has brought to light, each anomaly once.
func (s *Service) tell(ctx context.Context, scope kernel.Scope) error {
	found, err := s.look(ctx, scope, Looking{}.defaults())
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, a := range found {
			isNew, err := s.Store.Tell(ctx, scope.Tenant, a.ID, s.Clock.Now())
			if err != nil {
				return err
			}
			if !isNew {
				continue
			}
			where := kernel.Scope{Tenant: scope.Tenant, Project: a.Project, Stage: a.Stage}
			if err := s.Journal.Record(ctx, kernel.Fact{Type: "cost.anomaly_found", Scope: where, Subject: a.ID, Data: map[string]any{
				"service": a.Service, "day": a.Day, "direction": a.Direction, "actual": a.Actual, "expected": a.Expected, "currency": a.Currency,
			}}); err != nil {
				return err
			}
		}
		return nil
	})
}
