package leak

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const (
	// crowd bounds the findings of a stage's secrets that stand in one other project and are
	// not resolved: of what is more, one tells.
	crowd = 20
	// fade is how long a value is gone before its finding is resolved: who puts it there
	// and takes it away all the time is told of once.
	fade = 24 * time.Hour
	// gather is the raster in which these findings are told, so that nobody has an answer
	// by when something is told.
	gather = 5 * time.Minute
)

// Source is where a value stands that is a secret of another project.
type Source struct {
	// Scope is the project, and the stage, where it stands.
	Scope kernel.Scope `json:"scope"`
	// By is who brought it there, as far as is known.
	By string `json:"by,omitempty"`
	// More says that it is about all places in that project which are not told one by one.
	More bool `json:"more,omitempty"`
	// Gone is since when the value is not there any more, Tell when the finding is to be told;
	// the zero time for neither.
	Gone time.Time `json:"gone,omitzero"`
	Tell time.Time `json:"tell,omitzero"`
}

// Where is the place as people write it: of one in another project that the reader does not
// see, what it is and in which project.
func (f Finding) Where() string {
	switch {
	case f.Source == nil:
		return f.Place.String()
	case f.Source.More:
		return "more places in the project " + f.Source.Scope.Project
	case f.Place != f.narrowed().Place:
		return f.Place.String() + ", in the project " + f.Source.Scope.Project + f.Source.by()
	}
	return "a " + string(f.Place.Kind) + " of the project " + f.Source.Scope.Project + f.Source.by()
}

func (s *Source) by() string {
	if s.By == "" {
		return ""
	}
	return ", by " + s.By
}

// narrowed is a finding as those get it who may not see what stands in the other project.
func (f Finding) narrowed() Finding {
	if f.Source != nil {
		f.Place = Place{Kind: f.Place.Kind}
	}
	return f
}

// elsewhere is the identity of a place as one of another project than the secret's.
func (p Place) elsewhere(in kernel.Scope) string {
	return hashed("elsewhere", in.Project, in.Stage, p.beginning())
}

// crowded is the identity of all places in a project that are not told one by one.
func crowded(project string) string { return hashed("crowded", project) }

// strays are secrets of other projects that stand at a place.
type strays struct {
	scope kernel.Scope
	at    Place
	found []Finding
	// whole says that what was not found is not there.
	whole bool
}

// strays are what of a text is for other projects. Of values of one stage that overlap, the
// one that begins first and is the longest is told.
func (s *Service) strays(scope kernel.Scope, at Place, found leakscan.Result, placed func(line int) Shown) strays {
	out := strays{scope: scope, at: at, whole: at.Pull == 0 && !at.Part && found.ApartWhole}
	type reach struct{ line, column int }
	ends, seen := map[kernel.Scope]reach{}, map[string]bool{}
	slices.SortStableFunc(found.Apart, longestFirst)
	for _, m := range found.Apart {
		owner := secretScope(scope, m.Own)
		if end := ends[owner]; m.Line < end.line || m.Line == end.line && m.Column < end.column {
			continue
		}
		ends[owner] = reach{m.EndLine, m.EndColumn}
		f := of(m, owner, at)
		if placed != nil {
			shown := placed(m.Line)
			f.Place.Address, f.Place.Attribute, f.Place.Line, f.Place.Column = shown.Address, shown.Attribute, 0, 0
		}
		if f.Source = (&Source{Scope: scope, By: at.By}); !seen[f.stray()] {
			seen[f.stray()] = true
			out.found = append(out.found, f)
		}
	}
	return out
}

func longestFirst(a, b leakscan.Match) int {
	return cmp.Or(a.Line-b.Line, a.Column-b.Column, b.EndLine-a.EndLine, b.EndColumn-a.EndColumn)
}

// stray tells findings of one place in another project apart.
func (f Finding) stray() string { return f.Scope.String() + "\x00" + f.same() }

// keepStrays brings what other projects have of a place to what was found there. It is told
// later, by Tell: nobody who sees the place learns here that there was something.
func (s *Service) keepStrays(ctx context.Context, all strays) error {
	for attempt := 0; ; attempt++ {
		before, err := s.Apart.Standing(ctx, all.scope.Tenant, all.scope.Project, all.at.elsewhere(all.scope))
		if err == nil && len(before)+len(all.found) > 0 {
			err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.writeStrays(ctx, all, before) })
		}
		if attempt < 3 && (kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.Stale)) {
			continue // another process looks at the same place
		}
		return err
	}
}

func (s *Service) writeStrays(ctx context.Context, all strays, before []Finding) error {
	there, room := map[string]bool{}, map[kernel.Scope]int{}
	for _, f := range all.found {
		there[f.stray()] = true
		i := slices.IndexFunc(before, func(b Finding) bool { return b.stray() == f.stray() })
		if i >= 0 && before[i].State != Resolved {
			if err := s.Store.Save(ctx, before[i].still(f, s.Clock.Now()), ""); err != nil {
				return err
			}
			continue
		}
		if i >= 0 {
			f.ID, f.Revision, f.FirstSeen, f.Allowance = before[i].ID, before[i].Revision, before[i].FirstSeen, before[i].Allowance
		}
		if err := s.newStray(ctx, f, all.at.elsewhere(all.scope), room); err != nil {
			return err
		}
	}
	if !all.whole {
		return nil
	}
	return s.fade(ctx, standing(before, all.at), there)
}

// still is a finding that was seen another time, as now.
func (f Finding) still(now Finding, at time.Time) Finding {
	source := *f.Source
	if source.Gone = (time.Time{}); source.By == "" {
		source.By = now.Source.By
	}
	f = f.again(now).at(at)
	f.Source, f.LastSeen = &source, at
	return f
}

// newStray keeps a finding that is new, or back, where there is room for it. The room that is
// left to secrets of a scope is counted once.
func (s *Service) newStray(ctx context.Context, f Finding, identity string, room map[kernel.Scope]int) error {
	left, counted := room[f.Scope]
	if !counted {
		n, err := s.Apart.Crowd(ctx, f.Scope, f.Source.Scope.Project, crowded(f.Source.Scope.Project))
		if err != nil {
			return err
		}
		left = crowd - n
	}
	room[f.Scope] = left - 1
	if left > 0 {
		return s.Store.Save(ctx, f.untold(s.Clock.Now()), identity)
	}
	return s.crowd(ctx, f)
}

// untold is a finding that is new, and is to be told.
func (f Finding) untold(now time.Time) Finding {
	if f.ID == "" {
		f.ID, f.FirstSeen = kernel.NewID("leak"), now
	}
	source := *f.Source
	source.Tell = now.Truncate(gather).Add(gather)
	f.State, f.LastSeen, f.Source = Open, now, &source
	return f
}

// crowd keeps that there are more places in a project than are told one by one.
func (s *Service) crowd(ctx context.Context, of Finding) error {
	identity, now := crowded(of.Source.Scope.Project), s.Clock.Now()
	before, err := s.Apart.Standing(ctx, of.Scope.Tenant, of.Source.Scope.Project, identity)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before, func(b Finding) bool { return b.Scope == of.Scope })
	if i >= 0 && before[i].State != Resolved {
		f := before[i].at(now)
		f.LastSeen = now
		return s.Store.Save(ctx, f, identity)
	}
	f := Finding{
		Scope: of.Scope, Rule: of.Rule, Description: of.Description, Place: Place{Kind: of.Place.Kind}, Redacted: of.Redacted,
		Source: &Source{Scope: of.Scope.InProject(of.Source.Scope.Project), More: true},
	}
	if i >= 0 {
		f.ID, f.Revision, f.FirstSeen, f.Allowance = before[i].ID, before[i].Revision, before[i].FirstSeen, before[i].Allowance
	}
	return s.Store.Save(ctx, f.untold(now), identity)
}

// fade notes of findings that their values are not there any more. They are resolved by
// Silence when that stays so.
func (s *Service) fade(ctx context.Context, before []Finding, there map[string]bool) error {
	for _, f := range before {
		if f.State == Resolved || there[f.stray()] || !f.Source.Gone.IsZero() {
			continue
		}
		source := *f.Source
		source.Gone, f.Source = s.Clock.Now(), &source
		if err := s.Store.Save(ctx, f, ""); err != nil {
			return err
		}
	}
	return nil
}

// Tell tells of secrets that were found in other projects, in rounds.
func (s *Service) Tell(ctx context.Context) error {
	untold, err := s.Apart.Untold(ctx, s.Clock.Now())
	for _, f := range untold {
		err := s.Tx.InTx(kernel.WithActor(ctx, kernel.System("leaks", f.Scope.Tenant)), func(ctx context.Context) error {
			source := *f.Source
			source.Tell, f.Source = time.Time{}, &source
			if err := s.Store.Save(ctx, f, ""); err != nil || f.State != Open {
				return err
			}
			return s.Journal.Record(ctx, f.fact("secret.leaked", ""))
		})
		if err != nil && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return err
}

// seenBy is a finding as the actor may see it, and whether that is at all: one of a secret
// that stands elsewhere is for those who may read the secret, and its place is for those who
// may see findings there.
func (s *Service) seenBy(ctx context.Context, f Finding) (Finding, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, f.Scope); err != nil || f.Source == nil {
		return f, err
	}
	if err := s.Authorizer.Authorize(ctx, actionSecret, f.Scope); err != nil {
		return f, err
	}
	return s.placed(ctx, f)
}

// placed is a finding with its place where the actor may see that.
func (s *Service) placed(ctx context.Context, f Finding) (Finding, error) {
	if f.Source == nil {
		return f, nil
	}
	err := s.Authorizer.Authorize(ctx, actionRead, f.Source.Scope)
	if kernel.Is(err, kernel.Denied) || kernel.Is(err, kernel.NotFound) {
		return f.narrowed(), nil
	}
	return f, err
}
