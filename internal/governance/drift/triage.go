package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// longestIgnore bounds for how long a finding may be ignored.
const longestIgnore = 366 * 24 * time.Hour

// Outcome is what a decision set off.
type Outcome struct {
	Drifts []Drift `json:"drifts"`
	// Run carries the decision out; empty for an ignore.
	Run string `json:"run,omitempty"`
	// Notes say what else has to be known.
	Notes []string `json:"notes"`
}

// Accept makes what is there the recorded truth, by a run that takes it into
// the state. Where code says otherwise it says which: the next run would put
// the old value back.
func (s *Service) Accept(ctx context.Context, scope kernel.Scope, ids []string, reason string) (Outcome, error) {
	notes := []string{}
	return s.decide(ctx, scope, ids, Decision{Kind: "accept", Reason: reason}, func(ctx context.Context, all []Drift) (string, []string, error) {
		addresses := make([]string, len(all))
		for i, d := range all {
			addresses[i] = d.Address
			notes = append(notes, d.Contradictions()...)
		}
		run, err := s.Runs.Refresh(ctx, all[0].Scope, all[0].Workload, addresses, reason)
		return run, notes, err
	})
}

// Contradictions say where code does not agree with what is there, and what has
// to be changed before it can stay.
func (d Drift) Contradictions() []string {
	const then = "until then the next run of the workload puts it back"
	notes := []string{}
	if d.Action == stage.DriftDeleted && d.Next == NextReverts {
		note := fmt.Sprintf("%s: the code still has it, so the next run creates it again", d.Address)
		if d.Code != nil && d.Code.Definition != "" {
			note += fmt.Sprintf("; what makes it is %s %s, by the definition %s for %s", d.Code.Module, d.Code.Version, d.Code.Definition, d.Code.Resource)
		}
		return append(notes, note)
	}
	for _, a := range d.Attributes {
		switch {
		case a.Next == NextReverts && a.Code != nil:
			notes = append(notes, fmt.Sprintf("%s %s is managed by code, and accepting it needs a change there: %s; %s", d.Address, a.Path, a.Code.Change, then))
		case a.Next == NextReverts:
			notes = append(notes, fmt.Sprintf("%s %s is managed by code, and accepting it needs a change there; %s", d.Address, a.Path, then))
		}
	}
	if d.Next == NextUnknown {
		notes = append(notes, fmt.Sprintf("%s: what the next run would do about it is not known before it does it, or could not be planned", d.Address))
	}
	return notes
}

// Revert puts back what was changed, by an ordinary run of what is deployed:
// through gates, windows and approvals.
func (s *Service) Revert(ctx context.Context, scope kernel.Scope, ids []string, reason string) (Outcome, error) {
	return s.decide(ctx, scope, ids, Decision{Kind: "revert", Reason: reason}, func(ctx context.Context, all []Drift) (string, []string, error) {
		for _, d := range all {
			if d.Next == NextKeeps {
				return "", nil, kernel.Errorf(kernel.Refused, "no run would put %s back: nothing in the code says what was changed", d.Address).
					WithFix("terrace drift accept %s, or put it back by hand", d.ID)
			}
		}
		notes, err := s.alongside(ctx, all)
		if err != nil {
			return "", nil, err
		}
		run, err := s.Runs.Redeploy(ctx, all[0].Scope, all[0].Workload, reason)
		return run, notes, err
	})
}

// alongside tells what else the run puts back.
func (s *Service) alongside(ctx context.Context, chosen []Drift) ([]string, error) {
	unresolved, err := s.Store.Unresolved(ctx, chosen[0].Stack)
	notes := []string{}
	for _, d := range unresolved {
		if _, also := byAddress(chosen, d.Address); !also && d.Next != NextKeeps {
			notes = append(notes, fmt.Sprintf("a run is of the whole stack: it puts back %s (%s), too", d.Address, d.ID))
		}
	}
	return notes, err
}

// decide makes the same decision on findings of one stack, and has the run
// queued that carries it out, in one transaction.
func (s *Service) decide(ctx context.Context, scope kernel.Scope, ids []string, decision Decision,
	queue func(ctx context.Context, all []Drift) (run string, notes []string, err error),
) (out Outcome, err error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return out, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in first")
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		all, err := s.chosen(ctx, scope, ids)
		if err != nil {
			return err
		}
		if out.Run, out.Notes, err = queue(ctx, all); err != nil {
			return err
		}
		decision.By, decision.At, decision.Run = actor, s.Clock.Now(), out.Run
		out.Drifts, err = s.decided(ctx, all, decision)
		return err
	})
	return out, err
}

func (s *Service) decided(ctx context.Context, all []Drift, decision Decision) ([]Drift, error) {
	words := map[string]struct {
		status Status
		fact   string
	}{"accept": {Accepting, "accepted"}, "revert": {Reverting, "reverted"}}
	for i := range all {
		d := &all[i]
		copied := decision
		d.Decision, d.Status = &copied, words[decision.Kind].status
		if err := s.Store.Save(ctx, *d); err != nil {
			return nil, err
		}
		if err := s.record(ctx, words[decision.Kind].fact, *d, decision.Reason); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// chosen returns the findings, of one stack, that a decision is to be made on.
func (s *Service) chosen(ctx context.Context, scope kernel.Scope, ids []string) ([]Drift, error) {
	if len(ids) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "no drift is named").WithFix("see terrace drift list")
	}
	all := make([]Drift, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		d, err := s.undecided(ctx, scope, id)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 && d.Stack != all[0].Stack {
			return nil, kernel.Errorf(kernel.Invalid, "%s is of %s, and %s of %s: one decision is about one workload on one stage", all[0].ID, all[0].Stack, id, d.Stack).
				WithFix("decide on them one after the other")
		}
		all = append(all, d)
	}
	return all, nil
}

// undecided returns a finding that the actor may decide on, and nobody else has.
func (s *Service) undecided(ctx context.Context, scope kernel.Scope, id string) (Drift, error) {
	d, err := s.find(ctx, scope, id)
	if err := s.allowed(ctx, ActionDecide, scope, d.Scope, err); err != nil {
		return d, err
	}
	switch d.Status {
	case Resolved:
		return d, kernel.Errorf(kernel.Refused, "%s has ended: %s", id, d.Resolution)
	case Accepting, Reverting:
		return d, kernel.Errorf(kernel.Refused, "%s is on its way: %s, by %s", id, d.Status, d.Decision.Run).
			WithFix("see terrace run show %s", d.Decision.Run)
	default:
		return d, nil
	}
}

// IgnoreRequest asks to leave a finding alone for a while.
type IgnoreRequest struct {
	ID string
	// Attributes are the paths that are ignored; none is all that differ now.
	Attributes []string
	Until      time.Time
	Reason     string
}

// Ignore leaves attributes of a finding alone until a moment, or until their
// values change again.
func (s *Service) Ignore(ctx context.Context, scope kernel.Scope, r IgnoreRequest) (d Drift, err error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return d, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in first")
	}
	now := s.Clock.Now()
	if err := r.check(now); err != nil {
		return d, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if d, err = s.undecided(ctx, scope, r.ID); err != nil {
			return err
		}
		if err := d.ignore(r, actor.Name); err != nil {
			return err
		}
		d.Decision = &Decision{Kind: "ignore", By: actor, At: now, Reason: r.Reason}
		d.settle(now)
		d.worst()
		if err := s.Store.Save(ctx, d); err != nil {
			return err
		}
		return s.record(ctx, "ignored", d, r.Reason)
	})
	return d, err
}

func (r IgnoreRequest) check(now time.Time) error {
	switch {
	case strings.TrimSpace(r.Reason) == "":
		return kernel.Errorf(kernel.Invalid, "there is no reason to ignore %s", r.ID).WithFix("say why, so that whoever sees it knows")
	case !r.Until.After(now):
		return kernel.Errorf(kernel.Invalid, "%s has passed", r.Until.Format(time.RFC3339)).WithFix("give a date that is to come")
	case r.Until.After(now.Add(longestIgnore)):
		return kernel.Errorf(kernel.Invalid, "%s is too far away: drift is ignored for a year at most", r.Until.Format(time.DateOnly)).
			WithFix("accept it where it is to stay")
	default:
		return nil
	}
}

func (d *Drift) ignore(r IgnoreRequest, by string) error {
	one := Ignore{Until: r.Until.UTC().Truncate(time.Microsecond), Reason: r.Reason, By: by}
	if d.Action == stage.DriftDeleted {
		if len(r.Attributes) > 0 {
			return kernel.Errorf(kernel.Invalid, "%s was deleted: it has no attributes to ignore", d.Address)
		}
		one.Mark = d.Action
		d.Ignore = &one
		return nil
	}
	for _, path := range r.Attributes {
		if !slices.ContainsFunc(d.Attributes, func(a Attribute) bool { return a.Path == path }) {
			return kernel.Errorf(kernel.Invalid, "no attribute %s of %s differs", path, d.Address).WithFix("see terrace drift show %s", d.ID)
		}
	}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if len(r.Attributes) == 0 || slices.Contains(r.Attributes, a.Path) {
			this := one
			this.Mark = a.Mark
			a.Ignore = &this
		}
	}
	return nil
}
