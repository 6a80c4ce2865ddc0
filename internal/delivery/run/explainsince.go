package run

import (
	"context"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// toldVerifications bounds how many verifications an explanation tells.
const toldVerifications = 5

// explainAvailability tells by what the release may go to the stage, or could when
// the run was asked for; it returns why it may no longer, nil where it may.
func (s *Service) explainAvailability(ctx context.Context, x *Explanation, r Run) (*kernel.Problem, error) {
	a := r.Availability
	switch {
	case a == nil || a.Before == "":
		return nil, nil //nolint:nilnil // it needs nothing
	case r.Status.Terminal() || r.begun():
		x.detail("when it was asked for, %s could go to %s: %s", r.Release, a.Stage, a)
		return nil, nil //nolint:nilnil // it is over
	case r.DryRun:
		x.detail("%s: %s", r.Release, a)
		return nil, nil //nolint:nilnil // it applies nothing
	}
	now, err := s.availability(ctx, r.Scope, r.Workload, r.Release)
	if err != nil {
		return nil, err
	}
	p := s.obstacle(r.Workload, now)
	if p == nil {
		x.detail("%s may go to %s: %s", r.Release, a.Stage, now)
	}
	return p, nil
}

// barred says of a run that its release may no longer go where it carries it:
// then there is nothing to approve.
func (x *Explanation) barred(r Run, p kernel.Problem) {
	x.detail("%s, so it will apply nothing: it ends when it gets there", p.Message)
	x.Next = nil
	if p.Fix != "" {
		x.next("%s", p.Fix)
	}
	x.next("terrace run discard %s ends it now; nothing was changed", r.ID)
}

// explainSince tells what was found of a run's release after it, and reports
// whether the release is there, verified.
func (s *Service) explainSince(ctx context.Context, x *Explanation, r Run) (holds bool, err error) {
	if r.Rollback != nil {
		x.detail("%s", r.Rollback.Message)
	}
	page, err := s.Store.Verifications(ctx, r.Scope, VerificationFilter{Run: r.ID}, kernel.PageRequest{Limit: toldVerifications})
	if err != nil {
		return false, err
	}
	for i := len(page.Items) - 1; i >= 0; i-- {
		x.verification(page.Items[i])
	}
	d, err := s.Store.Deployment(ctx, r.Scope, r.Workload)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return false, nil
	case err != nil:
		return false, err
	case d.Run != r.ID:
		if r.Status == Succeeded {
			x.detail("since then %s has brought %s to %s", d.Run, d.Release, r.Scope.Stage)
		}
		return false, nil
	case d.Status == DeploymentUnverified && r.Failure == nil: // else that says it
		x.next("once the cause is corrected, terrace verify %s --stage %s", r.Workload, r.Scope.Stage)
	}
	return d.Status == DeploymentVerified, nil
}

func (x *Explanation) verification(v Verification) {
	why := "on schedule"
	if v.Trigger == OnDemand {
		why = "as " + v.RequestedBy.Name + " asked"
	}
	if v.EndedAt == nil {
		x.detail("%s verifies it again, %s; it is %s", v.ID, why, v.Status)
		return
	}
	x.detail("%s verified it again at %s, %s: %s", v.ID, v.EndedAt.Format(time.RFC3339), why, v.Outcome)
	for _, stopped := range v.Stopped {
		x.detail("%s, which carried it to the next stage, ended with that", stopped)
	}
	if v.Rollback != nil {
		x.detail("%s", v.Rollback.Message)
	}
}

// lost says what was found of a release that is not verified in the stage, "" for
// nothing that is known.
func (s *Service) lost(ctx context.Context, where kernel.Scope, workload string, ref ReleaseRef) (string, error) {
	page, err := s.Store.Verifications(ctx, where, VerificationFilter{Workload: workload, Stage: where.Stage}, kernel.PageRequest{Limit: recentRuns})
	if err != nil {
		return "", err
	}
	for _, v := range page.Items {
		if v.Release.ID == ref.ID && v.Changed && v.EndedAt != nil {
			return fmt.Sprintf("%s found at %s that %s", v.ID, v.EndedAt.Format(time.RFC3339), v.Outcome) + v.Rollback.since(), nil
		}
	}
	runs, err := s.Store.RunsOf(ctx, where, workload, ref.ID)
	if err != nil {
		return "", err
	}
	var last *Run
	for i, r := range runs {
		if r.Failure != nil && r.Failure.Phase == Verifying.phase() && (last == nil || r.ID > last.ID) {
			last = &runs[i]
		}
	}
	if last == nil {
		return "", nil
	}
	return fmt.Sprintf("%s found that %s", last.ID, last.Failure.Message) + last.Rollback.since(), nil
}

// since says that the release was rolled back, "" where it was not.
func (n *RollbackNote) since() string {
	if n == nil || n.Run == "" {
		return ""
	}
	return "; " + n.Message
}
