package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions that this room asks the Authorizer about.
const (
	actionDeploy  = "workload.deploy"
	actionDestroy = "workload.destroy"
	actionSee     = "workload.read"
	actionRead    = "run.read"
	actionApprove = "run.approve"

	actionOverride = "policy.override"

	actionDiscard = "run.discard"
	actionCancel  = "run.cancel"

	actionVerify         = "workload.verify"
	actionApproveRelease = "release.approve"
)

// DeployRequest asks for a workload on a stage.
type DeployRequest struct {
	Stage    string
	Workload *workload.Workload
	// Version is a label for people; it may be empty.
	Version string
	// Artifacts are the digests of uploaded artifacts by container.
	Artifacts map[string]kernel.Digest
	Reason    string
	// DryRun plans and changes nothing.
	DryRun bool
	// WhenOpen plans now even where a window closes the stage, and applies when it opens.
	WhenOpen bool
	// Unmerged says that it is a dry run of a change which nobody has merged.
	Unmerged bool
	// Lifetime is how long it is to stay; 0 is as the stage has it.
	Lifetime stage.Duration
}

// Deploy makes a release of the workload and queues the run that carries it to
// the stage. Past the first stage the release has to be verified in the one
// before, but for a dry run, which tells what it would do there.
func (s *Service) Deploy(ctx context.Context, scope kernel.Scope, d DeployRequest) (Run, error) {
	st, where, err := s.askable(ctx, scope, d)
	if err != nil {
		return Run{}, err
	}
	composed, err := s.Releases.Compose(ctx, scope, release.New{Workload: d.Workload, Version: d.Version, Artifacts: d.Artifacts, Images: s.pinned(ctx, d)})
	if err != nil {
		return Run{}, err
	}
	if err := s.supplied(ctx, st, where, composed, d); err != nil {
		return Run{}, err
	}
	return s.requestOf(ctx, d.Workload, func(ctx context.Context) (Run, error) {
		rel, err := s.Releases.Add(ctx, composed)
		if kernel.Is(err, kernel.Conflict) {
			return Run{}, fmt.Errorf("%w: %w", errRaced, err)
		}
		if err != nil {
			return Run{}, err
		}
		a, err := s.admitted(ctx, where, st, rel.Workload, refOf(rel), admission{dry: d.DryRun, whenOpen: d.WhenOpen})
		return Run{Scope: where, Workload: rel.Workload, Release: refOf(rel), Operation: Deploy, Reason: d.Reason, DryRun: d.DryRun, Unmerged: d.Unmerged && d.DryRun, Lifetime: d.Lifetime, Availability: a}, err
	})
}

// Check tells, before anything is built or uploaded for it, what Deploy would refuse
// whatever comes of that. Of the workload it needs the name, and what refers to secrets.
func (s *Service) Check(ctx context.Context, scope kernel.Scope, d DeployRequest) error {
	_, _, err := s.askable(ctx, scope, d)
	return err
}

// askable finds the stage, and refuses what is not possible there for any release.
func (s *Service) askable(ctx context.Context, scope kernel.Scope, d DeployRequest) (stage.Stage, kernel.Scope, error) {
	st, where, err := s.allowed(ctx, scope, d.Stage, actionDeploy)
	if err != nil {
		return st, where, err
	}
	if err := mayExpire(st, d.Lifetime); err != nil {
		return st, where, err
	}
	if !d.DryRun && !d.WhenOpen {
		if err := s.mayChange(st); err != nil {
			return st, where, err
		}
	}
	if err := s.mine(ctx, where, d.Workload.Name, d.DryRun); err != nil || d.DryRun {
		return st, where, err // the gates of a dry run tell what secrets are missing
	}
	return st, where, s.referable(ctx, st, where, d.Workload)
}

// pinned asks the registries of the workload's images for their digests, where
// a stage needs images. It waits for a network, so it is no part of a transaction.
func (s *Service) pinned(ctx context.Context, d DeployRequest) map[string]string {
	needed := slices.ContainsFunc(s.Stages.All(), func(st stage.Stage) bool { return st.Runtime == stage.RuntimeKubernetes })
	if s.Images == nil || !needed {
		return nil
	}
	images := map[string]string{}
	for name, c := range d.Workload.Containers {
		if _, built := d.Artifacts[name]; !built {
			images[name] = c.Image
		}
	}
	if len(images) == 0 {
		return nil
	}
	return s.Images.Pin(ctx, images)
}

// ChangeRequest asks for a change of what is deployed.
type ChangeRequest struct {
	Workload string
	Stage    string
	// Release is the id of a release; empty takes the obvious one.
	Release string
	Reason  string
	// DryRun plans and changes nothing.
	DryRun bool
	// WhenOpen plans now even where a window closes the stage, and applies when it opens.
	WhenOpen bool
	// Force removes a workload that others take from all the same.
	Force bool
}

// Promote queues the run that carries a release, unchanged, to a stage for which
// it is available: every one is for the first stage. Without a release it takes the
// one deployed in the stage before. A dry run is let through for whatever release, and tells what would be.
func (s *Service) Promote(ctx context.Context, scope kernel.Scope, c ChangeRequest) (Run, error) {
	st, where, err := s.allowed(ctx, scope, c.Stage, actionDeploy)
	if err != nil {
		return Run{}, err
	}
	if _, past := s.Stages.Before(st.Name); !past {
		if err := s.mine(ctx, where, c.Workload, c.DryRun); err != nil {
			return Run{}, err
		}
	}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		ref, err := s.candidate(ctx, where, c)
		if err != nil {
			return Run{}, err
		}
		a, err := s.admitted(ctx, where, st, c.Workload, ref, admission{dry: c.DryRun, whenOpen: c.WhenOpen})
		return Run{Scope: where, Workload: c.Workload, Release: ref, Operation: Promote, Reason: c.Reason, DryRun: c.DryRun, Availability: a}, err
	})
}

// Rollback queues the run that returns a stage to an earlier release. Without
// a release it takes the last one verified there before the current one.
func (s *Service) Rollback(ctx context.Context, scope kernel.Scope, c ChangeRequest) (Run, error) {
	st, where, err := s.allowed(ctx, scope, c.Stage, actionDeploy)
	if err != nil {
		return Run{}, err
	}
	if !c.DryRun && !c.WhenOpen {
		if err := s.mayChange(st); err != nil {
			return Run{}, err
		}
	}
	if _, past := s.Stages.Before(st.Name); !past { // the others have what is promoted
		if err := s.mine(ctx, where, c.Workload, c.DryRun); err != nil {
			return Run{}, err
		}
	}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		ref, err := s.earlier(ctx, where, c)
		if err != nil {
			return Run{}, err
		}
		return Run{Scope: where, Workload: c.Workload, Release: ref, Operation: Rollback, Reason: c.Reason, DryRun: c.DryRun}, nil
	})
}

// Destroy queues the run that removes a workload from a stage with all its resources.
func (s *Service) Destroy(ctx context.Context, scope kernel.Scope, c ChangeRequest) (Run, error) {
	st, where, err := s.allowed(ctx, scope, c.Stage, actionDestroy)
	if err != nil {
		return Run{}, err
	}
	if !c.DryRun && !c.WhenOpen {
		if err := s.mayChange(st); err != nil {
			return Run{}, err
		}
	}
	if err := s.mine(ctx, where, c.Workload, c.DryRun); err != nil {
		return Run{}, err
	}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		d, err := s.current(ctx, where, c.Workload)
		if err != nil {
			return Run{}, err
		}
		if !c.DryRun { // which tells who takes from it
			if err := s.used(ctx, where, c.Workload, c.Force); err != nil {
				return Run{}, err
			}
		}
		return Run{Scope: where, Workload: c.Workload, Release: d.Release, Operation: Destroy, Reason: c.Reason, DryRun: c.DryRun, Force: c.Force}, nil
	})
}

// mine refuses to change by hand a workload that belongs to something else.
func (s *Service) mine(ctx context.Context, where kernel.Scope, workload string, dry bool) error {
	if s.Owners == nil || dry {
		return nil
	}
	return s.Owners.Workload(ctx, where.InProject(where.Project), workload)
}

func refOf(r release.Release) ReleaseRef {
	return ReleaseRef{ID: r.ID, Number: r.Number, Version: r.Version}
}

// allowed finds the stage and asks whether the actor may act there.
func (s *Service) allowed(ctx context.Context, scope kernel.Scope, stageName, action string) (stage.Stage, kernel.Scope, error) {
	st, where, err := s.stageScope(scope, stageName)
	if err != nil {
		return st, where, err
	}
	return st, where, s.Authorizer.Authorize(ctx, action, where)
}

// request queues the run that prepare describes, in one transaction.
func (s *Service) request(ctx context.Context, prepare func(ctx context.Context) (Run, error)) (Run, error) {
	return s.requestOf(ctx, nil, prepare)
}

// requestOf is request of a workload as its author wrote it.
func (s *Service) requestOf(ctx context.Context, asked *workload.Workload, prepare func(ctx context.Context) (Run, error)) (Run, error) {
	actor, err := requester(ctx)
	if err != nil {
		return Run{}, err
	}
	var r Run
	var superseded []Run
	err = s.retry(ctx, func(ctx context.Context) (err error) {
		if r, err = prepare(ctx); err != nil {
			return err
		}
		r.ID, r.Stack, r.RequestedBy = kernel.NewID("run"), kernel.StackID(r.Scope, r.Workload), actor
		if actor.Limits != nil {
			r.Bounds = BoundsOf(actor)
		}
		if superseded, err = s.queue(ctx, &r, asked); err != nil {
			return err
		}
		return s.connect(ctx, r, asked)
	})
	if err != nil {
		return Run{}, err
	}
	for _, old := range superseded {
		s.tell(ctx, old, "run.superseded", describe(old))
	}
	s.tell(ctx, r, "run.queued", describe(r))
	s.outdate(ctx, r) // what came to wait while this was queued
	return r, nil
}
