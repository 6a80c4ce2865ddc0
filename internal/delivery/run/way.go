package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// way tells how a release gets to the stage: from the first stage, or from the
// last one before it that it has reached.
func (s *Service) way(workload, to string, reached func(stage string) bool) string {
	var steps []string
	for i, st := range s.Stages.All() {
		if i == 0 {
			steps = append(steps, "terrace deploy score.yaml --stage "+st.Name)
		} else {
			steps = append(steps, promoteTo(workload, st.Name))
		}
		if st.Name == to {
			break
		}
		if reached != nil && reached(st.Name) {
			steps = nil
		}
	}
	return strings.Join(steps, ", then ")
}

func promoteTo(workload, to string) string {
	return fmt.Sprintf("terrace promote %s --to %s", workload, to)
}

// wayOf tells how one release gets to the stage of where, on which it may not go
// yet: from the last stage before in which it verified, or could again.
func (s *Service) wayOf(ctx context.Context, where kernel.Scope, workload string, ref ReleaseRef) (string, error) {
	stages := s.Stages.All()
	to := slices.IndexFunc(stages, func(st stage.Stage) bool { return st.Name == where.Stage })
	for i := to - 1; i >= 0; i-- {
		here := where.InStage(stages[i].Name)
		first, verified, err := s.standing(ctx, here, workload, ref)
		if err != nil {
			return "", err
		}
		if first == "" && !verified {
			continue
		}
		var steps []string
		for _, st := range stages[i+1 : to+1] {
			steps = append(steps, promoteTo(workload, st.Name))
		}
		if verified {
			steps[0] += first
		} else {
			steps = append([]string{first}, steps...)
		}
		return strings.Join(steps, ", then "), nil
	}
	return s.wayBack(ctx, where, workload, ref)
}

// wayBack tells how a release gets to the stage of where that no stage before has
// any longer. The first one takes it again, as the release that it is.
func (s *Service) wayBack(ctx context.Context, where kernel.Scope, workload string, ref ReleaseRef) (string, error) {
	first := s.Stages.All()[0].Name
	runs, err := s.Store.RunsOf(ctx, where.InStage(first), workload, ref.ID)
	if err != nil {
		return "", err
	}
	way := s.way(workload, where.Stage, nil)
	was := slices.DeleteFunc(runs, func(r Run) bool { return r.DryRun || !r.Status.Terminal() || !r.arrived() })
	if len(was) == 0 {
		return way, nil
	}
	_, on, _ := strings.Cut(way, ", then ")
	return fmt.Sprintf("correct the cause (see terrace explain %s) and %s --release %s, then %s", was[len(was)-1].ID, promoteTo(workload, first), ref.ID, on), nil
}

// arrived reports whether the run brought its release to its stage, however it ended.
func (r Run) arrived() bool {
	return slices.ContainsFunc(r.Phases, func(p Phase) bool { return p.Name == Verifying.phase() })
}

// standing tells of a release in one stage whether it verified there as verified, and
// with what its way begins: what makes it hold again, or how a promotion names it
// where another one is deployed by now.
func (s *Service) standing(ctx context.Context, here kernel.Scope, workload string, ref ReleaseRef) (first string, verified bool, err error) {
	d, err := s.Store.Deployment(ctx, here, workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return "", false, err
	}
	there := err == nil && d.Release.ID == ref.ID
	if there && d.Status != DeploymentVerified {
		return d.remedy(), false, nil
	}
	all, err := s.Store.VerifiedReleases(ctx, here, workload)
	verified = slices.ContainsFunc(all, func(v Verified) bool { return v.Release.ID == ref.ID })
	if verified && !there {
		first = " --release " + ref.ID
	}
	return first, verified, err
}

// remedy is what makes a deployment hold that does not.
func (d Deployment) remedy() string {
	switch d.Status {
	case DeploymentUnverified:
		return fmt.Sprintf("correct the cause (see terrace explain %s) and terrace verify %s --stage %s", d.Run, d.Workload, d.Scope.Stage)
	case DeploymentBroken:
		return fmt.Sprintf("correct the cause (see terrace explain %s) and terrace run retry %s", d.Run, d.Run)
	default:
		return fmt.Sprintf("wait for %s, which brings it to %s (terrace run logs -f %s)", d.Run, d.Scope.Stage, d.Run)
	}
}
