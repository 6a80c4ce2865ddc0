package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// overtaken says why the verification says nothing about d.
func (v Verification) overtaken(d Deployment) string {
	switch {
	case d.Run == "":
		return fmt.Sprintf("nothing of %s is in %s any longer", v.Workload, v.Scope.Stage)
	case d.Run != v.Run || d.Status != DeploymentVerified && d.Status != DeploymentUnverified:
		return fmt.Sprintf("the deployment changed meanwhile: %s brings %s", d.Run, d.Release)
	default:
		return ""
	}
}

// conclude ends the verification with what it means, in one transaction.
func (s *Service) conclude(ctx context.Context, v Verification, results []CheckResult, void string) error {
	now := s.Clock.Now()
	v.Holder, v.Results, v.EndedAt = nil, results, &now
	var out verdict
	ended := v
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		ended = v
		out, err = s.concludeOnce(ctx, &ended, void)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range out.changed {
		s.tell(ctx, r, "run."+string(r.Status), describe(r))
	}
	return nil
}

func (s *Service) concludeOnce(ctx context.Context, v *Verification, void string) (out verdict, err error) {
	d, err := s.Store.Deployment(ctx, v.Scope, v.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return out, err
	}
	if void == "" {
		void = v.overtaken(d)
	}
	failed := slices.DeleteFunc(slices.Clone(v.Results), func(r CheckResult) bool { return r.Passed })
	switch {
	case void != "":
		v.Status, v.Outcome = VerificationVoid, void
	case len(failed) == 0:
		err = s.concludePassed(ctx, v, d)
	default:
		out, err = s.concludeFailed(ctx, v, d, unverifiedBecause(v.Workload, failed))
	}
	if err != nil {
		return out, raced(err)
	}
	return out, s.keepVerdict(ctx, *v)
}

// raced lets a change that lost a race be tried again.
func raced(err error) error {
	if kernel.Is(err, kernel.Stale) {
		return fmt.Errorf("%w: %w", errRaced, err)
	}
	return err
}

func (s *Service) concludePassed(ctx context.Context, v *Verification, d Deployment) error {
	v.Status = VerificationPassed
	if d.Status == DeploymentVerified {
		v.Outcome = fmt.Sprintf("%s stays verified in %s", d.Release, v.Scope.Stage)
		return nil
	}
	v.Changed, v.Outcome = true, fmt.Sprintf("%s is verified in %s from now on", d.Release, v.Scope.Stage)
	return s.markVerified(ctx, d, v.ID)
}

func (s *Service) concludeFailed(ctx context.Context, v *Verification, d Deployment, message string) (verdict, error) {
	v.Status = VerificationFailed
	if d.Status == DeploymentUnverified {
		v.Outcome = fmt.Sprintf("%s stays unverified in %s: %s", d.Release, v.Scope.Stage, message)
		return verdict{}, nil
	}
	v.Changed, v.Outcome = true, fmt.Sprintf("%s is no longer verified in %s: %s", d.Release, v.Scope.Stage, message)
	deployed, err := s.Store.Get(ctx, d.Scope, d.Run)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return verdict{}, err
	}
	out, err := s.revoke(ctx, d, deployed.Operation, Cause{Run: d.Run, Verification: v.ID, Message: message})
	v.Stopped, v.Rollback = out.stopped, out.note
	return out, err
}

// keepVerdict saves the verification with its fact. One on schedule that found
// what is known replaces the one like it before, and is no fact.
func (s *Service) keepVerdict(ctx context.Context, v Verification) error {
	if err := s.Store.SaveVerification(ctx, v); err != nil {
		return err
	}
	if v.Trigger == OnSchedule && !v.Changed {
		return s.Store.ForgetVerifications(ctx, v.Scope, v.Workload, v.ID)
	}
	return s.recordVerification(ctx, "verification."+string(v.Status), v)
}
