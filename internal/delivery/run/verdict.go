package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// verdict is what a verification means for a deployment, with what follows.
type verdict struct {
	// changed are runs whose logs tell of it.
	changed []Run
	stopped []string
	note    *RollbackNote
}

// markVerified opens the next stage to what is deployed, and tells it.
func (s *Service) markVerified(ctx context.Context, d Deployment, verification string) error {
	if err := s.opens(ctx, &d); err != nil {
		return err
	}
	return s.recordVerified(ctx, d, verification)
}

// opens opens the next stage to what is deployed, at once or when it has soaked. A
// release that holds as verified already goes on soaking.
func (s *Service) opens(ctx context.Context, d *Deployment) error {
	now := s.Clock.Now()
	old := *d
	d.Status, d.VerifiedAt = DeploymentVerified, &now
	if err := s.Store.SwapDeployment(ctx, old, *d); err != nil {
		return err
	}
	v := Verified{Scope: d.Scope, Workload: d.Workload, Release: d.Release, Run: d.Run, At: now}
	if err := s.Store.PutVerified(ctx, v); err != nil {
		return err
	}
	return s.promoteOn(ctx, v)
}

func (s *Service) recordVerified(ctx context.Context, d Deployment, verification string) error {
	return s.recordRelease(ctx, "release.verified", d, releaseFact{Verification: verification})
}

// revoke closes the next stage to what is deployed: runs to it that have not
// begun to apply end, and a stage that rolls back by itself does.
func (s *Service) revoke(ctx context.Context, d Deployment, by Operation, cause Cause) (verdict, error) {
	next := d
	next.Status, next.VerifiedAt = DeploymentUnverified, nil
	if err := s.Store.SwapDeployment(ctx, d, next); err != nil {
		return verdict{}, err
	}
	was, err := s.stillVerified(ctx, d)
	if err != nil {
		return verdict{}, err
	}
	if err := s.Store.Revoke(ctx, d.Scope, d.Workload, d.Release.ID); err != nil {
		return verdict{}, err
	}
	v, err := s.stopPromotions(ctx, d, cause)
	if err != nil {
		return v, err
	}
	if was {
		data := releaseFact{Verification: cause.Verification, Message: cause.Message, Stopped: v.stopped}
		if err := s.recordRelease(ctx, "release.revoked", next, data); err != nil {
			return v, err
		}
	}
	return v, s.rollBack(ctx, d, by, cause, &v)
}

func (s *Service) stillVerified(ctx context.Context, d Deployment) (bool, error) {
	all, err := s.Store.VerifiedReleases(ctx, d.Scope, d.Workload)
	return slices.ContainsFunc(all, func(v Verified) bool { return v.Release.ID == d.Release.ID }), err
}

// stopPromotions ends the runs that carry the release to the next stage and have
// not begun to apply, unless it may go there in another way.
func (s *Service) stopPromotions(ctx context.Context, d Deployment, cause Cause) (verdict, error) {
	var v verdict
	after, ok := s.Stages.After(d.Scope.Stage)
	if !ok {
		return v, nil
	}
	there := d.Scope.InStage(after.Name)
	a, err := s.availability(ctx, there, d.Workload, d.Release)
	if err != nil || a.Available {
		return v, err
	}
	open, err := s.Store.Open(ctx, there, kernel.StackID(there, d.Workload))
	if err != nil {
		return v, err
	}
	why := fmt.Sprintf("%s is no longer verified in %s, the stage before: %s", d.Release, d.Scope.Stage, cause.Message)
	for _, r := range open {
		if !r.supersedes() || r.Release.ID != d.Release.ID || r.Status == Applying || r.Status == Verifying {
			continue
		}
		if err := s.stopPromotion(ctx, &r, why); err != nil {
			return v, err
		}
		v.changed, v.stopped = append(v.changed, r), append(v.stopped, r.ID)
	}
	return v, nil
}

// carries reports whether the run brings a release on its way through the stages.
func (r Run) carries() bool { return r.Operation == Deploy || r.Operation == Promote }

// stopPromotion ends a run at once, or leaves word for who executes it: the next
// step under the lease is then refused.
func (s *Service) stopPromotion(ctx context.Context, r *Run, why string) error {
	l, err := s.Store.Lease(ctx, r.Stack)
	if err != nil {
		return err
	}
	if l.Run == r.ID && !s.dead(l) {
		r.Revoked = why
		return s.save(ctx, r)
	}
	r.Failure = revoked(*r, why)
	return s.stepOnce(ctx, r, change{to: Failed, why: why, edit: s.broken})
}

func revoked(r Run, why string) *Failure {
	applied := "Nothing was applied"
	if r.begun() {
		applied = "A part of it was applied before an interruption"
	}
	return &Failure{
		Phase: r.Status.verb(), Message: why + ". " + applied,
		Fix: fmt.Sprintf("correct the cause in the stage before and verify there again%s, then %s", r.again(), promoteTo(r.Workload, r.Scope.Stage)),
	}
}

// again names the command that verifies the run's release in the stage before.
func (r Run) again() string {
	if r.Availability == nil || r.Availability.Before == "" {
		return ""
	}
	return fmt.Sprintf(" with terrace verify %s --stage %s", r.Workload, r.Availability.Before)
}

// stillWanted refuses the next step of a run whose release was revoked since.
func (r Run) stillWanted(to Status) error {
	unapplied := to == Verifying && r.Status == Planning // its plan changes nothing
	if r.Revoked == "" || to != AwaitingApproval && to != Approved && to != Applying && !unapplied {
		return nil
	}
	f := revoked(r, r.Revoked)
	return kernel.Errorf(kernel.Refused, "%s", f.Message).WithFix("%s", f.Fix)
}
