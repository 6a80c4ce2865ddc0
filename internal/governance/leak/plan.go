package leak

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Shown is where a plan shows a value.
type Shown struct {
	Address, Attribute string
	// Constant is one of the configuration: it is left out where a resource shows the same value.
	Constant bool
}

// InspectPlan looks through what a plan shows, as Inspect does, where each line stands at an
// address and an attribute of its own. What was found in a plan of the workload on the
// stage before, at any of them, and is not any more is resolved. Unless keep says so,
// nothing is kept of it: findings that are known are told as they are, and secrets of which
// tells says no, unless it is nil, are not looked for: a right guess is answered as a wrong one.
func (s *Service) InspectPlan(ctx context.Context, scope kernel.Scope, of Place, text string, keep bool, tells func(Finding) bool, at func(line int) Shown) (Report, error) {
	ctx = system(ctx, scope)
	own := mine(scope)
	secrets := told{by: own}
	if keep {
		secrets.apart = leakscan.ApartSoon
	}
	if tells != nil {
		secrets.by = func(secret string) bool { return own(secret) && tells(Finding{Scope: scope, Secret: secret}) }
	}
	look := s.look // a run waits for it
	if !keep {
		look = s.scan // as somebody asks, who may ask for much
	}
	result, err := look(ctx, leakscan.Rules{Scanner: s.Scanner}, scope.Tenant, of, text, secrets)
	if err != nil {
		return Report{}, err
	}
	r, err := s.planKept(ctx, scope, of, text, result, keep, at)
	if err == nil && keep {
		s.leave(s.strays(scope, of, result, at)) // a run waits
	}
	return r, err
}

func (s *Service) planKept(ctx context.Context, scope kernel.Scope, of Place, text string, result leakscan.Result, keep bool, at func(line int) Shown) (Report, error) {
	for attempt := 0; ; attempt++ {
		before, err := s.Store.Beginning(ctx, scope, of.beginning())
		if err != nil {
			return Report{}, err
		}
		p := s.planned(scope, of, text, result, before, at)
		p.tell(keep)
		if keep && len(p.seen)+len(before) > 0 {
			err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.keepPlan(ctx, p, before) })
		}
		if attempt < 3 && (kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.Stale)) {
			continue // another process looks at the same plan
		}
		return p.report, err
	}
}

// planned is what was found in a plan.
type planned struct {
	report Report
	// part says that there is more of the plan than was looked at.
	part bool
	seen []Finding
	// fresh tells of each of them that nobody knew it.
	fresh []bool
	// there are the places and values that were found.
	there map[string]bool
}

func (f Finding) there() string { return f.Place.identity() + "\x00" + f.same() }

func (s *Service) planned(scope kernel.Scope, place Place, text string, found leakscan.Result, before []Finding, at func(line int) Shown) planned {
	p, now := planned{report: Report{Incomplete: found.Incomplete}, part: place.Part, there: map[string]bool{}}, s.Clock.Now()
	elsewhere := map[string]bool{}
	for _, m := range found.Matches {
		elsewhere[of(m, scope, place).same()] = elsewhere[of(m, scope, place).same()] || !at(m.Line).Constant
	}
	for _, m := range found.Matches {
		f, shown := of(m, scope, place), at(m.Line)
		f.Place.Address, f.Place.Attribute = shown.Address, shown.Attribute
		f.Place.Line, f.Place.Column = 0, 0
		if p.there[f.there()] || shown.Constant && elsewhere[f.same()] {
			continue
		}
		p.there[f.there()] = true
		i := slices.IndexFunc(before, func(b Finding) bool { return b.there() == f.there() })
		known := i >= 0 && before[i].State != Resolved
		if f.State, f.FirstSeen = Open, now; i >= 0 {
			b := before[i]
			f.ID, f.Revision, f.State, f.FirstSeen, f.Allowance = b.ID, b.Revision, b.State, b.FirstSeen, b.Allowance
		}
		if f = f.at(now); f.State == Resolved {
			f.State = Open // it is back
		}
		f.LastSeen, f.Value = now, m.In(text)
		p.seen = append(p.seen, f)
		p.fresh = append(p.fresh, !known)
	}
	return p
}

// tell makes the report. Findings that are kept have an id.
func (p *planned) tell(keep bool) {
	for i := range p.seen {
		f := &p.seen[i]
		if keep && f.ID == "" {
			f.ID = kernel.NewID("leak")
		}
		if p.fresh[i] {
			p.report.New = append(p.report.New, *f)
		}
		if f.State == Open {
			p.report.Open = append(p.report.Open, *f)
		}
	}
}

// keepPlan writes what was found, and resolves what was not.
func (s *Service) keepPlan(ctx context.Context, p planned, before []Finding) error {
	for i, f := range p.seen {
		if err := s.Store.Save(ctx, f, f.Place.identity()); err != nil {
			return err
		}
		if !p.fresh[i] {
			continue
		}
		if err := s.Journal.Record(ctx, f.fact("secret.leaked", "")); err != nil {
			return err
		}
	}
	gone := slices.DeleteFunc(slices.Clone(before), func(f Finding) bool { return p.there[f.there()] })
	if p.part || p.report.Incomplete != "" {
		return nil // it may be in what was not looked at
	}
	return s.resolve(ctx, gone, nil, "it is not there any more")
}
