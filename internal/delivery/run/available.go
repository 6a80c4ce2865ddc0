package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Availability tells whether a release may go to a stage, and by what: it was
// verified in the stage before for as long as that one demands, or somebody
// approved it for the stage.
type Availability struct {
	Stage     string     `json:"stage"`
	Release   ReleaseRef `json:"release"`
	Available bool       `json:"available"`
	// Before is the stage before, "" for the first, which takes every release.
	Before string `json:"before,omitempty"`
	// VerifiedAt is since when the release is verified there, nil where it is not.
	VerifiedAt *time.Time `json:"verifiedAt,omitempty"`
	// Lost says what was found of the release there, where it is not verified.
	Lost string `json:"lost,omitempty"`
	// Soak is how long it must be verified there.
	Soak stage.Duration `json:"soak,omitzero"`
	// SoakedAt is when it has been, if it stays verified.
	SoakedAt *time.Time `json:"soakedAt,omitempty"`
	// Approval is the word by which it needs neither, nil where there is none.
	Approval *ReleaseApproval `json:"approval,omitempty"`
	// Disowned is such a word of somebody who may not approve any more: it counts no longer.
	Disowned *ReleaseApproval `json:"disowned,omitempty"`
	// run is the one that verified it in the stage before.
	run string
	// way is what brings it there, where it is not verified in the stage before.
	way string
}

// availability finds out by what the release may go to the stage of where.
func (s *Service) availability(ctx context.Context, where kernel.Scope, workload string, ref ReleaseRef) (Availability, error) {
	a := Availability{Stage: where.Stage, Release: ref}
	before, ok := s.Stages.Before(where.Stage)
	if !ok {
		a.Available = true
		return a, nil
	}
	a.Before, a.Soak = before.Name, stage.Duration(before.Soak)
	verified, err := s.Store.VerifiedReleases(ctx, where.InStage(before.Name), workload)
	if err != nil {
		return a, err
	}
	if i := slices.IndexFunc(verified, func(v Verified) bool { return v.Release.ID == ref.ID }); i >= 0 {
		a.verified(verified[i], before.Soak, s.Clock.Now())
	} else if err = s.unavailable(ctx, where, workload, &a); err != nil {
		return a, err
	}
	err = s.releaseApproved(ctx, where, workload, &a)
	return a, err
}

// unavailable says what was found of the release in the stage before, and what
// brings it from there to the one of where.
func (s *Service) unavailable(ctx context.Context, where kernel.Scope, workload string, a *Availability) (err error) {
	if a.Lost, err = s.lost(ctx, where.InStage(a.Before), workload, a.Release); err != nil {
		return err
	}
	a.way, err = s.wayOf(ctx, where, workload, a.Release)
	return err
}

func (a *Availability) verified(v Verified, soak time.Duration, now time.Time) {
	soaked := v.At.Add(soak)
	a.VerifiedAt, a.run = &v.At, v.Run
	if soak > 0 {
		a.SoakedAt = &soaked
	}
	a.Available = a.Available || !now.Before(soaked)
}

// String says by what the release may go to the stage, or why it may not.
func (a Availability) String() string {
	if a.Disowned != nil && !a.Available {
		return fmt.Sprintf("the approval by %s counts no longer: %s may not approve any more; %s", a.Disowned.By.Name, a.Disowned.By.Name, a.soaked())
	}
	return a.soaked()
}

func (a Availability) soaked() string {
	switch {
	case a.Before == "":
		return a.Stage + " is the first stage: every release may go there"
	case a.Approval != nil:
		return fmt.Sprintf("%s approved it for %s at %s: %s", a.Approval.By.Name, a.Stage, a.Approval.At.Format(time.RFC3339), a.Approval.Reason)
	case a.VerifiedAt == nil && a.Lost != "":
		return fmt.Sprintf("it is not verified in %s, the stage before: %s", a.Before, a.Lost)
	case a.VerifiedAt == nil:
		return fmt.Sprintf("it is not verified in %s, the stage before", a.Before)
	case a.Soak == 0:
		return fmt.Sprintf("it is verified in %s since %s", a.Before, a.VerifiedAt.Format(time.RFC3339))
	case a.Available:
		return fmt.Sprintf("it is verified in %s since %s, and has soaked there for more than %s", a.Before, a.VerifiedAt.Format(time.RFC3339), a.Soak)
	default:
		return fmt.Sprintf("it is verified in %s since %s, and soaks there for %s, until %s", a.Before, a.VerifiedAt.Format(time.RFC3339), a.Soak, a.SoakedAt.Format(time.RFC3339))
	}
}

// obstacle is why the release may not go to the stage, nil where it may.
func (s *Service) obstacle(workload string, a Availability) *kernel.Problem {
	if a.Available {
		return nil
	}
	override := fmt.Sprintf("terrace release approve %s --stage %s --reason \"…\" lets it go there as it is", a.Release.ID, a.Stage)
	p := &kernel.Problem{Path: "release", Message: fmt.Sprintf("%s of %s cannot go to %s: %s", a.Release, workload, a.Stage, a)}
	if a.VerifiedAt == nil {
		p.Fix = a.way + "; or " + override
		return p
	}
	p.Fix = fmt.Sprintf("try again in %s; or %s", a.SoakedAt.Sub(s.Clock.Now()).Round(time.Second), override)
	return p
}

// stillAvailable refuses to approve or apply a release whose verification was revoked, or
// whose approval was withdrawn or is of somebody who may not approve any more, after its
// run was asked for.
func (s *Service) stillAvailable(ctx context.Context, r Run) error {
	if r.Operation != Deploy && r.Operation != Promote || r.Availability == nil {
		return nil
	}
	a, err := s.availability(ctx, r.Scope, r.Workload, r.Release)
	if err != nil {
		return err
	}
	if p := s.obstacle(r.Workload, a); p != nil {
		return kernel.Errorf(kernel.Refused, "%s, and nothing was applied", p.Message).WithFix("%s", p.Fix)
	}
	return nil
}
