package leak

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Report is what was found in a text.
type Report struct {
	// New are findings that nobody knew before, Open all that are open, the new ones among
	// them.
	New, Open []Finding
	// Incomplete says what of the text was not looked at, and why; "" where all was.
	Incomplete string
}

// Add takes what was found in another text along.
func (r *Report) Add(o Report) {
	r.New, r.Open = append(r.New, o.New...), append(r.Open, o.Open...)
	if r.Incomplete == "" {
		r.Incomplete = o.Incomplete
	}
}

// Inspect looks through a text that stands at a place, and keeps what it finds: a value that
// is known there is seen again, a new one is told as the event secret.leaked, and what was
// found there before and is not any more is resolved, unless the place is in a pull request,
// which is not where it ends. The caller has checked that it may act for the scope; nobody
// gets a value.
//
// Text is looked at once for each call, on the processor of this process: it is for
// background work, bounded by leakscan.Most and by ctx.
func (s *Service) Inspect(ctx context.Context, scope kernel.Scope, at Place, text string) (Report, error) {
	return s.InspectWith(ctx, leakscan.Rules{Scanner: s.Scanner}, scope, at, text)
}

// InspectWith is Inspect with other rules than those that are shipped.
func (s *Service) InspectWith(ctx context.Context, rules leakscan.Rules, scope kernel.Scope, at Place, text string) (Report, error) {
	ctx = system(ctx, scope)
	found, err := s.scan(ctx, rules, scope.Tenant, at, text, told{by: mine(scope), apart: at.apart()})
	if err != nil {
		return Report{}, err
	}
	r, err := s.kept(ctx, scope, at, found)
	if err != nil {
		return r, err
	}
	others := s.strays(scope, at, found, nil)
	if at.Pull > 0 { // somebody waits for the check
		s.leave(others)
		return r, nil
	}
	return r, s.keepStrays(ctx, others)
}

func (s *Service) kept(ctx context.Context, scope kernel.Scope, at Place, found leakscan.Result) (r Report, err error) {
	for attempt := 0; ; attempt++ {
		r, err = s.keep(ctx, scope, at, found)
		if attempt < 3 && (kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.Stale)) {
			continue // another process looks at the same place
		}
		return r, err
	}
}

// told says which secrets of a tenant are told, by their names, and how much is hashed to tell
// others apart, in bytes.
type told struct {
	by    func(secret string) bool
	apart int
}

// apart is how much is hashed for secrets of other projects at a place, in bytes: little where
// somebody waits for the check.
func (p Place) apart() int {
	if p.Pull > 0 {
		return leakscan.ApartSoon
	}
	return leakscan.ApartWhole
}

func (s *Service) scan(ctx context.Context, rules leakscan.Rules, tenant string, at Place, text string, tells told) (leakscan.Result, error) {
	if err := s.scans.Enter(ctx, tenant); err != nil {
		return leakscan.Result{}, err
	}
	defer s.scans.Leave()
	return s.look(ctx, rules, tenant, at, text, tells)
}

// look is scan at once, for what a run waits for.
func (s *Service) look(ctx context.Context, rules leakscan.Rules, tenant string, at Place, text string, tells told) (leakscan.Result, error) {
	key, own, err := s.own(ctx, tenant)
	if err != nil {
		return leakscan.Result{}, err
	}
	found, err := rules.Scanner.Scan(ctx, text, leakscan.Source{
		Name: at.Path, Commit: at.Revision, Line: at.Line, Column: at.Column, Key: key, Own: own, Tells: tells.by, Apart: tells.apart,
	})
	found.Matches = rules.Left(at.Revision, at.Path, found.Matches)
	return found, err
}

// loose are findings of a text that is not kept.
func (s *Service) loose(scope kernel.Scope, at Place, found leakscan.Result) Report {
	r := Report{Incomplete: found.Incomplete}
	for _, m := range found.Matches {
		f := of(m, scope, at)
		f.State, f.FirstSeen, f.LastSeen = Open, s.Clock.Now(), s.Clock.Now()
		r.Open = append(r.Open, f)
	}
	return r
}

// of is the finding of a match at a place.
func of(m leakscan.Match, scope kernel.Scope, at Place) Finding {
	at.Line, at.Column = m.Line, m.Column
	return Finding{
		Scope: scope, Rule: m.Rule, Description: m.Description, Place: at, Secret: m.Own, Redacted: m.Redacted, Fingerprint: m.Fingerprint, Entropy: m.Entropy,
	}
}

// keep brings what is known of a place to what was found there.
func (s *Service) keep(ctx context.Context, scope kernel.Scope, at Place, found leakscan.Result) (r Report, err error) {
	before, err := s.Store.At(ctx, scope, at.identity())
	if err != nil || len(before) == 0 && len(found.Matches) == 0 {
		return Report{Incomplete: found.Incomplete}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if r, err = s.seen(ctx, scope, at, found, before); err != nil {
			return err
		}
		for _, f := range r.New {
			if err := s.Journal.Record(ctx, f.fact("secret.leaked", "")); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

// seen writes what was found, and resolves what was not.
func (s *Service) seen(ctx context.Context, scope kernel.Scope, at Place, found leakscan.Result, before []Finding) (Report, error) {
	r, now := Report{Incomplete: found.Incomplete}, s.Clock.Now()
	there := map[string]bool{}
	for _, m := range found.Matches {
		f := of(m, scope, at)
		if there[f.same()] {
			continue // the first place of a value in a text stands for it
		}
		there[f.same()] = true
		known := false
		if i := slices.IndexFunc(before, func(b Finding) bool { return b.same() == f.same() }); i >= 0 {
			if at.Past && (at.Pull == 0 || before[i].Place.Pull != at.Pull) { // it was told already
				r.open(before[i].at(now))
				continue
			}
			known = true
			f = before[i].again(f)
		} else {
			f.ID, f.State, f.FirstSeen = kernel.NewID("leak"), Open, now
		}
		f = f.at(now)
		if f.State == Resolved {
			f.State, known = Open, false // it is back
		}
		f.LastSeen = now
		if err := s.Store.Save(ctx, f, at.identity()); err != nil {
			return r, err
		}
		if !known {
			r.New = append(r.New, f)
		}
		r.open(f)
	}
	if at.Pull > 0 || at.Part || at.Past || found.Incomplete != "" {
		return r, nil
	}
	return r, s.resolve(ctx, standing(before, at), there, "it is not there any more")
}

func (r *Report) open(f Finding) {
	if f.State == Open {
		r.Open = append(r.Open, f)
	}
}

// standing are the findings that a look at a place can tell to be gone. One that a pull
// request brought is not on the branch that is looked at, and has been seen all the same, and
// so has one in a commit before; one in the log of a run stands there, whatever the logs of other runs have.
func standing(all []Finding, at Place) []Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f Finding) bool {
		return f.Place.Pull > 0 || f.Place.Past || at.Kind == Log && f.Place.Run != at.Run
	})
}

// same tells findings of one place apart.
func (f Finding) same() string { return f.Rule + "\x00" + f.Fingerprint }

// again is a finding that was seen another time: it keeps what it is, and has its new place.
func (f Finding) again(now Finding) Finding {
	switch {
	case f.Place.Pull == 0 && now.Place.Pull > 0: // what is on the branch stays there, whatever a pull request says
	case f.Place.Kind == Log && now.Place.Run < f.Place.Run: // ids of runs are in their order, looks at logs may not be
	default:
		f.Place = now.Place
	}
	f.Description, f.Secret, f.Redacted, f.Entropy, f.ResolvedAt = now.Description, now.Secret, now.Redacted, now.Entropy, now.ResolvedAt
	return f
}

// resolve ends those that are not there any more, and says why.
func (s *Service) resolve(ctx context.Context, before []Finding, there map[string]bool, why string) error {
	for _, f := range before {
		if f.State == Resolved || there[f.same()] {
			continue
		}
		f.State, f.ResolvedAt = Resolved, s.Clock.Now()
		if err := s.Store.Save(ctx, f, f.Place.identity()); err != nil {
			return err
		}
		if err := s.Journal.Record(ctx, f.fact("secret.leak_resolved", why)); err != nil {
			return err
		}
	}
	return nil
}

// Try looks through a text that the actor gives, and keeps nothing of it.
func (s *Service) Try(ctx context.Context, scope kernel.Scope, name, text string) (Report, error) {
	if err := s.Authorizer.Authorize(ctx, actionScan, scope); err != nil {
		return Report{}, err
	}
	// Who may not read a secret would learn here whether a guess is its value.
	tells := func(secret string) bool {
		return s.Authorizer.Authorize(ctx, actionSecret, secretScope(scope, secret)) == nil
	}
	at := Place{Kind: Text, Path: name}
	found, err := s.scan(ctx, leakscan.Rules{Scanner: s.Scanner}, scope.Tenant, at, text, told{by: tells})
	if err != nil {
		return Report{}, err
	}
	return s.loose(scope, at, found), nil
}
