package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// String names the release for people.
func (r ReleaseRef) String() string {
	if r.Version == "" {
		return fmt.Sprintf("release %d", r.Number)
	}
	return fmt.Sprintf("release %d (%s)", r.Number, r.Version)
}

// candidate finds the release to promote: the named one, or what is deployed in
// the stage before.
func (s *Service) candidate(ctx context.Context, where kernel.Scope, c ChangeRequest) (ReleaseRef, error) {
	before, ok := s.Stages.Before(where.Stage)
	if !ok && c.Release == "" {
		return ReleaseRef{}, kernel.Errorf(kernel.Refused, "%s is the first stage: nothing is promoted to it but a release that is named", where.Stage).
			WithFix("terrace deploy score.yaml --stage %s makes a release and brings it there; terrace promote %s --to %s --release … brings one there that there is", where.Stage, c.Workload, where.Stage)
	}
	if c.Release != "" {
		return s.releaseRef(ctx, where, c)
	}
	d, err := s.Store.Deployment(ctx, where.InStage(before.Name), c.Workload)
	if kernel.Is(err, kernel.NotFound) {
		return ReleaseRef{}, kernel.Errorf(kernel.Refused, "nothing of %s is deployed in %s, the stage before %s", c.Workload, before.Name, c.Stage).
			WithFix("%s", s.way(c.Workload, c.Stage, func(name string) bool {
				d, err := s.Store.Deployment(ctx, where.InStage(name), c.Workload)
				return err == nil && d.Status == DeploymentVerified
			}))
	}
	if err != nil {
		return ReleaseRef{}, err
	}
	approved, err := s.approvalInForce(ctx, ReleaseApproval{Scope: where, Workload: c.Workload, Release: d.Release})
	if err != nil {
		return ReleaseRef{}, err
	}
	if d.Status != DeploymentVerified && approved == nil {
		return ReleaseRef{}, kernel.Errorf(kernel.Refused, "%s of %s cannot go to %s: in %s, the stage before, it is %s",
			d.Release, c.Workload, c.Stage, before.Name, d.Status).
			WithFix("%s", d.remedy())
	}
	return d.Release, nil
}

// releaseRef finds a release by its id, number or version and checks that it is of the workload.
func (s *Service) releaseRef(ctx context.Context, where kernel.Scope, c ChangeRequest) (ReleaseRef, error) {
	rel, err := s.Releases.Find(ctx, projectOf(where), c.Workload, c.Release)
	if err != nil {
		return ReleaseRef{}, err
	}
	if rel.Workload != c.Workload {
		return ReleaseRef{}, kernel.Errorf(kernel.Invalid, "%s is a release of %s, not of %s", rel.ID, rel.Workload, c.Workload).
			WithFix("see terrace release list %s", c.Workload)
	}
	return refOf(rel), nil
}

// current returns what is deployed, refusing when nothing is.
func (s *Service) current(ctx context.Context, where kernel.Scope, workload string) (Deployment, error) {
	d, err := s.Store.Deployment(ctx, where, workload)
	if kernel.Is(err, kernel.NotFound) {
		return d, kernel.Errorf(kernel.NotFound, "nothing of %s is deployed in %s", workload, where.Stage).
			WithFix("see terrace status %s", workload)
	}
	return d, err
}

// earlier finds the release to roll back to.
func (s *Service) earlier(ctx context.Context, where kernel.Scope, c ChangeRequest) (ReleaseRef, error) {
	now, err := s.current(ctx, where, c.Workload)
	if err != nil {
		return ReleaseRef{}, err
	}
	var named ReleaseRef
	if c.Release != "" {
		if named, err = s.releaseRef(ctx, where, c); err != nil {
			return ReleaseRef{}, err
		}
	}
	all, err := s.Store.VerifiedReleases(ctx, where, c.Workload)
	if err != nil {
		return ReleaseRef{}, err
	}
	for _, v := range all {
		if v.Release.ID == named.ID || c.Release == "" && v.Release.Number < now.Release.Number {
			return v.Release, nil
		}
	}
	if c.Release == "" {
		return ReleaseRef{}, kernel.Errorf(kernel.Refused, "no release of %s before %s was verified in %s: there is nothing to roll back to", c.Workload, now.Release, where.Stage).
			WithFix("see terrace release list %s", c.Workload)
	}
	return ReleaseRef{}, kernel.Errorf(kernel.Refused, "%s of %s was never verified in %s", named, c.Workload, where.Stage).
		WithFix("roll back to a release that was, see terrace release list %s", c.Workload)
}
