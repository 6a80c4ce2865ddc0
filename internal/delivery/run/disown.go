package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// gone are, by id, those whose word for the current dossier counts, and who may not
// give it any more.
type gone struct{ approvers, overriders []string }

// stands reports whether somebody who gave a word still may: their role was not
// taken from them, and they are not kept out. may asks that of the actor of its context.
func (s *Service) stands(ctx context.Context, tenant string, by kernel.Actor, may func(ctx context.Context) error) (bool, error) {
	actor, err := s.Roles.Acting(ctx, tenant, by.ID)
	if err == nil {
		err = may(kernel.WithActor(ctx, actor))
	}
	switch {
	case err == nil:
		return true, nil
	case kernel.Is(err, kernel.NotFound), kernel.Is(err, kernel.Unauthenticated), kernel.Is(err, kernel.Denied):
		return false, nil
	default:
		return false, err
	}
}

// disowned finds those whose approvals and overrides of the current dossier stand no longer.
func (s *Service) disowned(ctx context.Context, r Run) (g gone, err error) {
	approve := func(ctx context.Context) error { return s.authorizeApproval(ctx, r) }
	for _, a := range counting(r, s.Clock.Now()) {
		if ok, err := s.stands(ctx, r.Scope.Tenant, a.By, approve); err != nil {
			return gone{}, err
		} else if !ok {
			g.approvers = append(g.approvers, a.By.ID)
		}
	}
	override := func(ctx context.Context) error { return s.Authorizer.Authorize(ctx, actionOverride, r.Scope) }
	for _, o := range r.Overrides {
		if !o.counts(r.Dossier) {
			continue
		}
		if ok, err := s.stands(ctx, r.Scope.Tenant, o.By, override); err != nil {
			return gone{}, err
		} else if !ok {
			g.overriders = append(g.overriders, o.By.ID)
		}
	}
	return g, nil
}

// disown ends what those people have said of the current dossier, and returns whose
// overrides it ended.
func (r *Run) disown(g gone, now time.Time) (ended []Lapse) {
	r.Approvals, r.Overrides = slices.Clone(r.Approvals), slices.Clone(r.Overrides)
	for i, a := range r.Approvals {
		if a.Digest == r.Dossier && !a.expired(now) && slices.Contains(g.approvers, a.By.ID) {
			r.Approvals[i].ExpiresAt, r.Approvals[i].Disowned = &now, true
		}
	}
	for i, o := range r.Overrides {
		if o.counts(r.Dossier) && slices.Contains(g.overriders, o.By.ID) {
			r.Overrides[i].Disowned = true
			ended = append(ended, Lapse{By: o.By, ExpiredAt: now})
		}
	}
	return ended
}

// disownedOverrides are those of the current dossier that stand no longer, and whose
// gates nobody has overridden since.
func disownedOverrides(r Run) []Override {
	open := openOverrides(r)
	return slices.DeleteFunc(slices.Clone(r.Overrides), func(o Override) bool {
		return o.Digest != r.Dossier || !o.Disowned || !slices.Contains(open, o.Gate)
	})
}

// disownedWhy says which overrides hold the run again, "" for none.
func disownedWhy(r Run) (why string) {
	for _, o := range disownedOverrides(r) {
		why += fmt.Sprintf("the override of %s by %s counts no longer, as they may not override any more; ", o.Gate, o.By.Name)
	}
	if why != "" {
		why += needsOverride(openOverrides(r))
	}
	return why
}

// releaseApproved finds the word by which a release may go to a stage; it stands only
// as long as who gave it may.
func (s *Service) releaseApproved(ctx context.Context, where kernel.Scope, workload string, a *Availability) error {
	approvals, err := s.Store.ReleaseApprovals(ctx, where, workload)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(approvals, func(r ReleaseApproval) bool { return r.Release.ID == a.Release.ID && r.inForce() })
	if i < 0 {
		return nil
	}
	ok, err := s.releaseWordStands(ctx, approvals[i])
	switch {
	case err != nil:
		return err
	case ok:
		a.Approval, a.Available = &approvals[i], true
	default:
		a.Disowned = &approvals[i]
	}
	return nil
}

// releaseWordStands reports whether who approved a release still may.
func (s *Service) releaseWordStands(ctx context.Context, a ReleaseApproval) (bool, error) {
	st, err := s.Stages.Get(a.Scope.Stage)
	if err != nil {
		return false, err
	}
	return s.stands(ctx, a.Scope.Tenant, a.By, func(ctx context.Context) error {
		if err := s.Authorizer.Authorize(ctx, actionApproveRelease, a.Scope); err != nil {
			return err
		}
		return s.hasReleaseRole(ctx, a.Scope, st)
	})
}

// hasReleaseRole asks for the role admin where only admins approve for the stage.
func (s *Service) hasReleaseRole(ctx context.Context, where kernel.Scope, st stage.Stage) error {
	if st.Approvals.Role != stage.RoleAdmin {
		return nil
	}
	has, err := s.Roles.HasRole(ctx, actionApproveRelease, where, stage.RoleAdmin)
	if err != nil || has {
		return err
	}
	return kernel.Errorf(kernel.Denied, "%s lets only people with the role %s approve, and you do not have it in the project %s", st.Name, stage.RoleAdmin, where.Project)
}
