package policy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ApproveExemption makes an exemption count until it expires, once as many people have
// approved it as the strictest of its stages wants for a run.
func (s *Service) ApproveExemption(ctx context.Context, scope kernel.Scope, id, reason string) (Exemption, error) {
	actor, err := person(ctx, "an approval")
	if err != nil {
		return Exemption{}, err
	}
	now := s.Clock.Now()
	e, err := s.change(ctx, scope, id, func(ctx context.Context, e *Exemption) (string, error) {
		level, known, err := s.strictest(ctx, *e)
		if err != nil {
			return "", err
		}
		if !known { // it is gone, and may come back as anything
			level = HardMandatory
		}
		if e.Level != level { // whoever approved it did so for another one
			e.Level, e.Approvals = level, nil
		}
		if err := s.mayApprove(ctx, *e, actor, now); err != nil {
			return "", err
		}
		word := Word{By: actor, Reason: strings.TrimSpace(reason), At: now}
		if e.Approvals = append(e.Approvals, word); len(e.Approvals) >= s.needed(*e) {
			e.Status, e.Approval = Approved, &word
		}
		return factApproved, nil
	})
	if err == nil && e.Status == Approved {
		s.reconsider(ctx, e, e.approvers()+" approved an exemption from "+e.What())
	}
	return e, err
}

// needed is how many people have to approve an exemption.
func (s *Service) needed(e Exemption) int {
	most := 1
	for _, st := range s.stages(e.Scope) {
		most = max(most, st.Approvals)
	}
	return most
}

// mayApprove refuses a word that does not count: of somebody who lacks the right
// for the level, a role that a stage of it names, or who asked and may not be alone.
func (s *Service) mayApprove(ctx context.Context, e Exemption, actor kernel.Actor, now time.Time) error {
	if err := s.Authorizer.Authorize(ctx, actionApprove, e.Scope); err != nil {
		return err
	}
	if e.Level == HardMandatory {
		if err := s.Authorizer.Authorize(ctx, actionApproveHard, e.Scope); err != nil {
			return err
		}
	}
	all := s.stages(e.Scope)
	if len(all) == 0 {
		return kernel.Errorf(kernel.Refused, "there is no stage %s any longer", e.Scope.Stage)
	}
	for _, st := range all {
		if err := s.mayApproveFor(ctx, e, st, actor); err != nil {
			return err
		}
	}
	switch {
	case e.Status == Approved:
		return kernel.Errorf(kernel.Conflict, "the exemption %s is approved already", e.ID).WithFix("see terrace policy exemptions show %s", e.ID)
	case e.Status != Requested:
		return kernel.Errorf(kernel.Conflict, "the exemption %s is %s", e.ID, e.Status).WithFix("ask for another with terrace policy exempt")
	case !now.Before(e.ExpiresAt):
		return kernel.Errorf(kernel.Conflict, "the exemption %s was asked for until %s, which has passed", e.ID, e.ExpiresAt.Format(time.RFC3339)).WithFix("ask for another with terrace policy exempt")
	case slices.ContainsFunc(e.Approvals, func(w Word) bool { return w.By.ID == actor.ID }):
		return kernel.Errorf(kernel.Conflict, "you have approved the exemption %s already; it needs %d people", e.ID, s.needed(e)).
			WithFix("ask another approver to look at terrace policy exemptions show %s", e.ID)
	default:
		return nil
	}
}

// mayApproveFor refuses a word that does not count on one of the stages that the
// exemption is for.
func (s *Service) mayApproveFor(ctx context.Context, e Exemption, st Stage, actor kernel.Actor) error {
	if st.Role != "" {
		has, err := s.Roles.HasRole(ctx, actionApprove, e.Scope.InProject(e.Scope.Project).InStage(st.Name), st.Role)
		if err != nil {
			return err
		}
		if !has {
			return kernel.Errorf(kernel.Denied, "%s lets only people with the role %s approve", st.Name, st.Role)
		}
	}
	if e.Status == Requested && st.OtherThanRequester && actor.ID == e.RequestedBy.ID {
		return kernel.Errorf(kernel.Refused, "%s needs an approval by someone other than who asked for the exemption, and that was you", st.Name).
			WithFix("ask another approver to look at terrace policy exemptions show %s", e.ID)
	}
	return nil
}

// RevokeExemption ends an exemption, or a request for one. Who asked for it may,
// too.
func (s *Service) RevokeExemption(ctx context.Context, scope kernel.Scope, id, reason string) (Exemption, error) {
	actor, err := person(ctx, "a revocation")
	if err != nil {
		return Exemption{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return Exemption{}, kernel.Errorf(kernel.Invalid, "a revocation needs a reason").WithFix("say why with --reason")
	}
	e, err := s.change(ctx, scope, id, func(ctx context.Context, e *Exemption) (string, error) {
		action := actionRevoke
		if actor.ID == e.RequestedBy.ID {
			action = actionExempt
		}
		if err := s.Authorizer.Authorize(ctx, action, e.Scope); err != nil {
			return "", err
		}
		if e.ended() {
			return "", kernel.Errorf(kernel.Conflict, "the exemption %s is %s already", e.ID, e.Status).WithFix("nothing is to be done; see terrace policy exemptions show %s", e.ID)
		}
		e.Status, e.Revocation = Revoked, &Word{By: actor, Reason: reason, At: s.Clock.Now()}
		return factRevoked, nil
	})
	if err == nil {
		s.reconsider(ctx, e, actor.Name+" revoked the exemption from "+e.What())
	}
	return e, err
}

// change changes an exemption and records the fact that edit names.
func (s *Service) change(ctx context.Context, scope kernel.Scope, id string, edit func(context.Context, *Exemption) (fact string, err error)) (Exemption, error) {
	var e Exemption
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if e, err = s.Store.Exemption(ctx, scope, id); err != nil {
			return err
		}
		fact, err := edit(ctx, &e)
		if err != nil {
			return err
		}
		return s.save(ctx, e, fact)
	})
	return e, err
}

// save writes a change with its fact.
func (s *Service) save(ctx context.Context, e Exemption, fact string) error {
	if err := s.Store.SaveExemption(ctx, e); err != nil {
		return err
	}
	return s.record(ctx, fact, e, why(e))
}

// why is the reason of what happened last.
func why(e Exemption) string {
	switch {
	case e.Revocation != nil:
		return e.Revocation.Reason
	case e.Status == Approved && e.WarnedAt == nil:
		return e.Approval.Reason
	case e.Status == Requested && len(e.Approvals) > 0:
		return e.Approvals[len(e.Approvals)-1].Reason
	default:
		return e.Reason
	}
}

func (s *Service) record(ctx context.Context, fact string, e Exemption, reason string) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: e.Scope, Subject: e.ID, Reason: reason, Data: factOf(e)})
}

// reconsider tells the runs. Whether they could be told changes nothing about the
// exemption: a run asks again before it is applied.
func (s *Service) reconsider(ctx context.Context, e Exemption, why string) {
	if s.Runs == nil {
		return
	}
	ctx = kernel.WithActor(context.WithoutCancel(ctx), kernel.System("policies", e.Scope.Tenant))
	if err := s.Runs.Reconsider(ctx, e, why); err != nil {
		s.Log.WarnContext(ctx, "runs could not be told of an exemption", "exemption", e.ID, "error", err)
	}
}
