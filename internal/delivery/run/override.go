package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Override lets the dossier with the digest pass a gate that holds it. Whoever
// does it says why; the run goes on once nothing else holds it.
func (s *Service) Override(ctx context.Context, scope kernel.Scope, id, gate string, digest kernel.Digest, reason string) (Run, error) {
	actor, err := requester(ctx)
	if err != nil {
		return Run{}, err
	}
	r, err := s.find(ctx, scope, id, actionOverride)
	if err != nil {
		return Run{}, err
	}
	if err := s.Authorizer.Authorize(ctx, actionOverride, r.Scope); err != nil {
		return Run{}, err
	}
	o := Override{Gate: gate, By: actor, Digest: digest, Reason: strings.TrimSpace(reason), At: s.Clock.Now()}
	if err := mayOverride(r, o); err != nil {
		return Run{}, err
	}
	if err := s.fresh(ctx, r); err != nil {
		return Run{}, err
	}
	g, err := s.disowned(ctx, r)
	if err != nil {
		return Run{}, err
	}
	return s.override(ctx, r, g, o)
}

// override adds a word; those of who is gone count no longer.
func (s *Service) override(ctx context.Context, r Run, g gone, o Override) (Run, error) {
	var after Run
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		if after, err = s.Store.Get(ctx, r.Scope, r.ID); err != nil {
			return err
		}
		after.disown(g, o.At)
		if err := mayOverride(after, o); err != nil {
			return err
		}
		after.Overrides = append(after.Overrides, o)
		c := change{to: AwaitingApproval, fact: "overridden", reason: o.Reason}
		if missing(after, o.At) == 0 && len(openOverrides(after)) == 0 {
			c.to, c.why = Approved, "the gate "+o.Gate+" was overridden by "+o.By.Name
			after.Attempt = 1 // a person lets it begin anew
		}
		if err := s.stepOnce(ctx, &after, c); err != nil || c.to != Approved {
			return err
		}
		return s.Jobs.Enqueue(ctx, after.Scope, after.ID)
	})
	if err != nil {
		return Run{}, err
	}
	s.tell(ctx, after, "run.override", fmt.Sprintf("%s let the plan %s pass the gate %s: %s", o.By.Name, after.Plan.Digest.Short(), o.Gate, o.Reason))
	return after, nil
}

// mayOverride refuses a word that does not count.
func mayOverride(r Run, o Override) error {
	switch {
	case o.By.Kind != kernel.ActorUser:
		return kernel.Errorf(kernel.Denied, "an override is a person's word; %s is none", o.By.Name)
	case o.Reason == "":
		return kernel.Errorf(kernel.Invalid, "an override needs a reason").WithFix("say why with --reason")
	case r.Status != AwaitingApproval:
		return kernel.Errorf(kernel.Conflict, "%s is %s: no gate holds it", r.ID, words(r.Status)).WithFix("see terrace explain %s", r.ID)
	case o.Digest != r.Dossier:
		return kernel.Errorf(kernel.Stale, "the dossier of %s is %s now, not %s", r.ID, r.Dossier.Short(), o.Digest.Short()).
			WithFix("look at terrace run show %s and override what it shows", r.ID)
	case r.Required.OtherThanRequester && (o.By.ID == r.RequestedBy.ID || r.Initiator != nil && o.By.ID == r.Initiator.ID):
		return kernel.Errorf(kernel.Refused, "%s needs an override by someone other than who asked for the run, or brought the release on its way here, and that was you", r.Scope.Stage).
			WithFix("ask another approver to look at terrace run show %s", r.ID)
	case !slices.Contains(openOverrides(r), o.Gate):
		return kernel.Errorf(kernel.Conflict, "the gate %s does not hold %s", o.Gate, r.ID).WithFix("see terrace explain %s", r.ID)
	default:
		return nil
	}
}

// counts reports whether the word is of the dossier, by somebody who still may give it.
func (o Override) counts(dossier kernel.Digest) bool { return o.Digest == dossier && !o.Disowned }

// Overrode reports whether what a gate says of the run's dossier was overridden.
func (r Run) Overrode(gate string) bool {
	return slices.ContainsFunc(r.Overrides, func(o Override) bool { return o.Gate == gate && o.counts(r.Dossier) })
}

// openOverrides are the gates that want an override of the run's dossier, and have none.
func openOverrides(r Run) []string { return toOverride(r.Gates, r.Overrides, r.Dossier) }

func toOverride(gates []GateResult, overrides []Override, digest kernel.Digest) []string {
	var names []string
	for _, g := range gates {
		word := slices.ContainsFunc(overrides, func(o Override) bool { return o.Gate == g.Gate && o.counts(digest) })
		if g.NeedsOverride() && !word {
			names = append(names, g.Gate)
		}
	}
	return names
}

// passes reports whether the rest of a plan may be applied under the word that
// the run has: no gate blocks it, and none holds it that was not overridden.
func (e *execution) passes(gates []GateResult) bool {
	return len(blocking(gates)) == 0 && len(toOverride(gates, e.run.Overrides, e.run.Dossier)) == 0
}

func needsOverride(gates []string) string {
	return "an override of " + strings.Join(gates, ", ") + " by somebody who may, with a reason"
}

// unchanged says that a plan which wants an override changes nothing, "" for one that does.
func (a attempt) unchanged() string {
	if !a.plan.Empty() {
		return ""
	}
	return "; the plan changes nothing, and what it leaves is not as the gate demands"
}

// required are the approvals that a run needs on its way to a status: there is nothing to
// approve of a plan that changes nothing and is to be overridden.
func (a attempt) required(to Status) stage.Approvals {
	needed := a.dossier.Approvals
	if to == AwaitingApproval && a.plan.Empty() {
		needed.Count = 0
	}
	return needed
}

// String returns the finding as one line for people.
func (f Finding) String() string {
	s := fmt.Sprintf("rule %s (%s) %s: %s", f.Rule, f.Level, f.Outcome, strings.TrimSpace(f.Address+" "+f.Message))
	if f.Attribute != "" {
		s += " at " + f.Attribute
	}
	if len(f.Controls) > 0 {
		s += " [" + strings.Join(f.Controls, ", ") + "]"
	}
	if f.Exemption != nil {
		s += "; " + f.Exemption.String()
	}
	if f.Fix != "" {
		s += "; fix: " + f.Fix
	}
	return s
}
