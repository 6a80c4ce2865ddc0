package run

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ReleaseExplanation tells where a release may go, and why or why not.
type ReleaseExplanation struct {
	Release  ReleaseRef     `json:"release"`
	Workload string         `json:"workload"`
	Stages   []ReleaseStage `json:"stages"`
}

// ReleaseStage is a release before one stage.
type ReleaseStage struct {
	Availability Availability `json:"availability"`
	// Why says it for people.
	Why string `json:"why"`
	// Deployed says that the release is there now.
	Deployed bool `json:"deployed"`
	// VerifiedHere is since when it holds as verified in this stage.
	VerifiedHere *time.Time   `json:"verifiedHere,omitempty"`
	Opening      StageOpening `json:"opening"`
	// Obstacles are all that speaks against carrying it there now.
	Obstacles []kernel.Problem `json:"obstacles"`
	// Withdrawn are approvals for the stage that hold no longer.
	Withdrawn []ReleaseApproval `json:"withdrawn,omitempty"`
}

// ExplainRelease tells of a stage, or of all where it is "", whether the release
// may go there, since when or from when on, and by what.
func (s *Service) ExplainRelease(ctx context.Context, scope kernel.Scope, id, stageName string) (ReleaseExplanation, error) {
	stages, err := s.stagesFor(ctx, actionSee, scope, stageName)
	if err != nil {
		return ReleaseExplanation{}, err
	}
	rel, err := s.Releases.Find(ctx, projectOf(scope), "", id)
	if err != nil {
		return ReleaseExplanation{}, err
	}
	x := ReleaseExplanation{Release: refOf(rel), Workload: rel.Workload, Stages: []ReleaseStage{}}
	for _, st := range stages {
		in, err := s.releaseIn(ctx, scope.InStage(st.Name), st, rel.Workload, x.Release)
		if err != nil {
			return x, err
		}
		x.Stages = append(x.Stages, in)
	}
	return x, nil
}

func (s *Service) releaseIn(ctx context.Context, where kernel.Scope, st stage.Stage, workload string, ref ReleaseRef) (ReleaseStage, error) {
	a, err := s.availability(ctx, where, workload, ref)
	if err != nil {
		return ReleaseStage{}, err
	}
	in := ReleaseStage{Availability: a, Why: a.String(), Obstacles: []kernel.Problem{}}
	closed, opening, err := s.closed(st)
	if err != nil {
		return in, err
	}
	in.Opening = openingOf(opening)
	for _, p := range []*kernel.Problem{s.obstacle(workload, a), closed} {
		if p != nil {
			in.Obstacles = append(in.Obstacles, *p)
		}
	}
	return in, s.releaseThere(ctx, where, workload, &in)
}

func (s *Service) releaseThere(ctx context.Context, where kernel.Scope, workload string, in *ReleaseStage) error {
	id := in.Availability.Release.ID
	d, err := s.Store.Deployment(ctx, where, workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	in.Deployed = err == nil && d.Release.ID == id
	verified, err := s.Store.VerifiedReleases(ctx, where, workload)
	if err != nil {
		return err
	}
	for _, v := range verified {
		if v.Release.ID == id {
			in.VerifiedHere = &v.At
		}
	}
	approvals, err := s.Store.ReleaseApprovals(ctx, where, workload)
	for _, a := range approvals {
		if a.Release.ID == id && !a.inForce() {
			in.Withdrawn = append(in.Withdrawn, a)
		}
	}
	return err
}
