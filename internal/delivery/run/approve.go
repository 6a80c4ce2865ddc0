package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Approve records the actor's word for exactly the dossier with the digest.
// The run goes on once the stage's rule is met. A plan whose state has changed
// since is Stale: it is made again, and nobody's word for the old one counts.
func (s *Service) Approve(ctx context.Context, scope kernel.Scope, id string, digest kernel.Digest, reason string) (Run, error) {
	actor, err := requester(ctx)
	if err != nil {
		return Run{}, err
	}
	r, err := s.find(ctx, scope, id, actionApprove)
	if err != nil {
		return Run{}, err
	}
	if err := s.authorizeApproval(ctx, r); err != nil {
		return Run{}, err
	}
	if err := mayApprove(r, actor, digest, s.Clock.Now()); err != nil {
		return Run{}, err
	}
	if err := s.stillAvailable(ctx, r); err != nil {
		return Run{}, err
	}
	if err := s.fresh(ctx, r); err != nil {
		return Run{}, err
	}
	gone, err := s.disowned(ctx, r)
	if err != nil {
		return Run{}, err
	}
	return s.approve(ctx, r, gone, s.word(r, actor, digest, reason))
}

// word is the actor's approval, with its end where the stage sets one.
func (s *Service) word(r Run, actor kernel.Actor, digest kernel.Digest, reason string) Approval {
	a := Approval{By: actor, Digest: digest, Reason: reason, At: s.Clock.Now()}
	if life := time.Duration(r.Required.ExpireAfter); life > 0 {
		end := a.At.Add(life)
		a.ExpiresAt = &end
	}
	return a
}

// authorizeApproval asks for the role that the stage names. The role approver
// is what the action stands for; another takes its place.
func (s *Service) authorizeApproval(ctx context.Context, r Run) error {
	role := r.Required.Role
	if role == "" || role == stage.RoleApprover {
		return s.Authorizer.Authorize(ctx, actionApprove, r.Scope)
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, r.Scope); err != nil {
		return err
	}
	has, err := s.Roles.HasRole(ctx, actionApprove, r.Scope, role)
	if err != nil || has {
		return err
	}
	return kernel.Errorf(kernel.Denied, "%s lets only people with the role %s approve a run, and you do not have it in the project %s", r.Scope.Stage, role, r.Scope.Project).
		WithFix("ask somebody who has it to look at terrace run show %s", r.ID)
}

// approve adds a word; those of who is gone count no longer.
func (s *Service) approve(ctx context.Context, r Run, g gone, a Approval) (Run, error) {
	c := change{to: AwaitingApproval, fact: "approved", reason: a.Reason}
	var after Run
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		if after, err = s.Store.Get(ctx, r.Scope, r.ID); err != nil {
			return err
		}
		after.disown(g, a.At)
		if err := mayApprove(after, a.By, a.Digest, a.At); err != nil {
			return err
		}
		after.Approvals = append(after.Approvals, a)
		c.to = AwaitingApproval
		if missing(after, a.At) == 0 && len(openOverrides(after)) == 0 {
			c.to, c.why = Approved, "approved by "+approvers(counting(after, a.At))
			after.Attempt = 1 // a person lets it begin anew: interruptions before count no longer
		}
		if err := s.stepOnce(ctx, &after, c); err != nil || c.to != Approved {
			return err
		}
		return s.Jobs.Enqueue(ctx, after.Scope, after.ID)
	})
	if err != nil {
		return Run{}, err
	}
	s.tell(ctx, after, "run.approval", fmt.Sprintf("%s approved the plan %s; %s", a.By.Name, after.Plan.Digest.Short(), outstanding(after, a.At)))
	return after, nil
}

// mayApprove refuses a word that does not count.
func mayApprove(r Run, actor kernel.Actor, digest kernel.Digest, now time.Time) error {
	switch {
	case actor.Kind != kernel.ActorUser:
		return kernel.Errorf(kernel.Denied, "an approval is a person's word; %s is none", actor.Name)
	case r.Status != AwaitingApproval:
		return kernel.Errorf(kernel.Conflict, "%s is %s: there is nothing to approve", r.ID, words(r.Status)).
			WithFix("see terrace explain %s", r.ID)
	case digest != r.Dossier:
		return kernel.Errorf(kernel.Stale, "the dossier of %s is %s now, not %s", r.ID, r.Dossier.Short(), digest.Short()).
			WithFix("look at terrace run show %s and approve what it shows", r.ID)
	case byRequester(r, actor) != nil:
		return byRequester(r, actor)
	case missing(r, now) == 0 && len(openOverrides(r)) > 0:
		return kernel.Errorf(kernel.Conflict, "%s needs no more approvals: %s", r.ID, needsOverride(openOverrides(r))).
			WithFix("override it with terrace policy override %s --reason …, if that is right", r.ID)
	case slices.ContainsFunc(counting(r, now), func(a Approval) bool { return a.By.ID == actor.ID }):
		return kernel.Errorf(kernel.Conflict, "you have approved %s already", r.ID).
			WithFix("%s", outstanding(r, now))
	default:
		return nil
	}
}

// byRequester refuses the word of who asked for a run where its stage wants another person's.
func byRequester(r Run, actor kernel.Actor) error {
	who := ""
	switch {
	case !r.Required.OtherThanRequester:
		return nil
	case r.Initiator != nil && actor.ID == r.Initiator.ID:
		who = "brought the release on its way here"
	case actor.ID == r.RequestedBy.ID:
		who = "asked for the run"
	default:
		return nil
	}
	return kernel.Errorf(kernel.Refused, "%s needs an approval by someone other than who %s, and that was you", r.Scope.Stage, who).
		WithFix("ask another approver to look at terrace run show %s", r.ID)
}

// MayPromoteRollout refuses the actor to have a run's release take over before it has passed the
// steps of its rollout, by what the stage asks of who approves the run: a role, and another
// person than who asked for it.
func (s *Service) MayPromoteRollout(ctx context.Context, scope kernel.Scope, id string) error {
	actor, err := requester(ctx)
	if err != nil {
		return err
	}
	r, err := s.find(ctx, scope, id, actionApprove)
	if err != nil {
		return err
	}
	if err := s.authorizeApproval(ctx, r); err != nil {
		return err
	}
	return byRequester(r, actor)
}

// outdated says what has changed since the plan was made, "" for nothing.
func (s *Service) outdated(ctx context.Context, r Run) (why string, err error) {
	if r.Plan == nil {
		return "", nil
	}
	serial, err := s.State.Serial(ctx, r.Scope, r.Stack)
	if err != nil {
		return "", err
	}
	if serial != r.Plan.Serial {
		return fmt.Sprintf("the state changed since the plan (serial %d, now %d)", r.Plan.Serial, serial), nil
	}
	if r.Operation != Destroy && r.Operation != Refresh {
		if why, err := s.outdatedInput(ctx, r.Scope, r.Inputs); err != nil || why != "" {
			return why, err
		}
	}
	if why, err := s.lapsed(ctx, r); err != nil || why != "" {
		return why, err
	}
	d, err := s.Store.Dossier(ctx, r.Scope, r.ID, r.Dossier)
	if err != nil {
		return "", err
	}
	ctx = kernel.WithActor(ctx, kernel.System("run", r.Scope.Tenant))
	m, err := s.material(ctx, r)
	if d.LandingZone != "" && (kernel.Is(err, kernel.Refused) || err == nil && m.root.LandingZone != d.LandingZone) {
		return "the landing zone of " + r.Scope.Stage + " changed since the plan", nil
	}
	if err != nil {
		return "", err
	}
	return s.stricter(ctx, r, m)
}

// fresh refuses a plan under which something has changed, and has it made again.
func (s *Service) fresh(ctx context.Context, r Run) error {
	why, err := s.outdated(ctx, r)
	if err != nil || why == "" {
		return err
	}
	if err := s.planAnew(ctx, r, why); err != nil {
		return err
	}
	return kernel.Errorf(kernel.Stale, "the plan of %s is stale: %s", r.ID, why).
		WithFix("it is being planned again; look at terrace run show %s and approve the new dossier", r.ID)
}

// planAnew sends a run that waits for people back to its plan; it is Stale where it
// has gone on meanwhile.
func (s *Service) planAnew(ctx context.Context, r Run, why string) error {
	_, err := s.step(ctx, r.Scope, r.ID, change{to: Planning, why: why, fact: "stale", edit: func(ctx context.Context, now *Run) error {
		if now.Dossier != r.Dossier || now.Status != r.Status {
			return kernel.Errorf(kernel.Stale, "the dossier of %s has changed meanwhile", r.ID)
		}
		now.Attempt = 0 // it was no interruption
		return s.Jobs.Enqueue(ctx, now.Scope, now.ID)
	}})
	return err
}

// counting returns the approvals of the current dossier that have not expired.
func counting(r Run, now time.Time) []Approval {
	return slices.DeleteFunc(slices.Clone(r.Approvals), func(a Approval) bool { return a.Digest != r.Dossier || a.expired(now) })
}

// missing returns how many approvals the run still needs.
func missing(r Run, now time.Time) int { return max(0, r.Required.Count-len(counting(r, now))) }

func outstanding(r Run, now time.Time) string {
	switch n := missing(r, now); n {
	case 0:
		return "no more approvals are needed"
	case 1:
		return "one more approval is needed"
	default:
		return fmt.Sprintf("%d more approvals are needed", n)
	}
}

func approvers(all []Approval) string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.By.Name
	}
	return strings.Join(names, ", ")
}
