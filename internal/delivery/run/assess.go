package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Assessment tells what a change of a stage would bring where, and all that
// speaks against asking for it now.
type Assessment struct {
	Operation Operation `json:"operation"`
	Workload  string    `json:"workload"`
	Stage     string    `json:"stage"`
	// Release is the one that would go there, nil where none can.
	Release *ReleaseRef `json:"release,omitempty"`
	// Deployed is what is there now, nil for nothing.
	Deployed     *ReleaseRef   `json:"deployed,omitempty"`
	Availability *Availability `json:"availability,omitempty"`
	// Why says it for people.
	Why       string          `json:"why,omitempty"`
	Opening   StageOpening    `json:"opening"`
	Approvals stage.Approvals `json:"requiredApprovals"`
	// Ahead are the runs of the stack that come first.
	Ahead []string `json:"ahead"`
	// Allowed says that there is no obstacle.
	Allowed   bool             `json:"allowed"`
	Obstacles []kernel.Problem `json:"obstacles"`
}

// StageOpening tells whether a stage may be changed at this moment.
type StageOpening struct {
	Open bool `json:"open"`
	// Window is the name of the one that decides, "" where none does.
	Window string `json:"window,omitempty"`
	// Next is when that changes, nil where it does not within a year.
	Next *time.Time `json:"next,omitempty"`
}

func openingOf(o stage.Opening) StageOpening {
	out := StageOpening{Open: o.Open, Next: o.Next}
	if o.Window != nil {
		out.Window = o.Window.Name
	}
	return out
}

// Assess tells whether a promotion, a rollback or a destruction may be asked
// for, and every reason why not. It changes nothing.
func (s *Service) Assess(ctx context.Context, scope kernel.Scope, op Operation, c ChangeRequest) (Assessment, error) {
	st, where, err := s.allowed(ctx, scope, c.Stage, actionSee)
	if err != nil {
		return Assessment{}, err
	}
	a := Assessment{Operation: op, Workload: c.Workload, Stage: st.Name, Approvals: st.Approvals, Ahead: []string{}, Obstacles: []kernel.Problem{}}
	action := actionDeploy
	if op == Destroy {
		action = actionDestroy
	}
	if err := a.against("permission", s.Authorizer.Authorize(ctx, action, where)); err != nil {
		return a, err
	}
	if err := s.assessRelease(ctx, where, &a, c); err != nil {
		return a, err
	}
	closed, opening, err := s.closed(st)
	if err != nil {
		return a, err
	}
	a.Opening = openingOf(opening)
	if closed != nil {
		a.Obstacles = append(a.Obstacles, *closed)
	}
	a.Allowed = len(a.Obstacles) == 0
	return a, s.assessStack(ctx, where, &a)
}

// assessRelease finds the release, and by what it may go there.
func (s *Service) assessRelease(ctx context.Context, where kernel.Scope, a *Assessment, c ChangeRequest) error {
	ref, err := s.releaseFor(ctx, where, a.Operation, c)
	if err != nil {
		return a.against("release", err)
	}
	a.Release = &ref
	if a.Operation != Promote {
		return nil
	}
	found, err := s.availability(ctx, where, c.Workload, ref)
	if err != nil {
		return err
	}
	a.Availability, a.Why = &found, found.String()
	if p := s.obstacle(c.Workload, found); p != nil {
		a.Obstacles = append(a.Obstacles, *p)
	}
	return nil
}

// releaseFor is the release that an operation would bring to the stage.
func (s *Service) releaseFor(ctx context.Context, where kernel.Scope, op Operation, c ChangeRequest) (ReleaseRef, error) {
	switch op {
	case Promote:
		return s.candidate(ctx, where, c)
	case Rollback:
		return s.earlier(ctx, where, c)
	case Destroy:
		d, err := s.current(ctx, where, c.Workload)
		return d.Release, err
	default:
		return ReleaseRef{}, kernel.Errorf(kernel.Invalid, "%s cannot be assessed without its workload", op).WithFix("ask for promote, rollback or destroy")
	}
}

func (s *Service) assessStack(ctx context.Context, where kernel.Scope, a *Assessment) error {
	d, err := s.Store.Deployment(ctx, where, a.Workload)
	if err == nil {
		a.Deployed = &d.Release
	} else if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	open, err := s.Store.Open(ctx, where, kernel.StackID(where, a.Workload))
	for _, r := range open {
		a.Ahead = append(a.Ahead, r.ID)
	}
	return err
}

// against notes an error that people may see as an obstacle, and returns any other.
func (a *Assessment) against(path string, err error) error {
	known, ok := errors.AsType[*kernel.Error](err)
	if err == nil || !ok || known.Kind == kernel.Internal || known.Kind == kernel.Unavailable {
		return err
	}
	a.Obstacles = append(a.Obstacles, kernel.Problem{Path: path, Message: known.Message, Fix: known.Fix})
	return nil
}

// refusal is the error of what all speaks against a change, nil for nothing.
func refusal(what string, problems ...*kernel.Problem) error {
	var all []kernel.Problem
	for _, p := range problems {
		if p != nil {
			all = append(all, *p)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return kernel.Errorf(kernel.Refused, "%s", all[0].Message).WithFix("%s", all[0].Fix)
	default:
		return kernel.Errorf(kernel.Refused, "%s cannot go there yet, for %d reasons", what, len(all)).WithProblems(all...)
	}
}

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
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return ReleaseExplanation{}, err
	}
	stages := s.Stages.All()
	if stageName != "" {
		st, err := s.Stages.Get(stageName)
		if err != nil {
			return ReleaseExplanation{}, err
		}
		stages = []stage.Stage{st}
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
		if a.Release.ID == id && !a.holds() {
			in.Withdrawn = append(in.Withdrawn, a)
		}
	}
	return err
}

// admitted collects what speaks against carrying a release to a stage, unless
// the run is to wait for the stage to open, or is a dry one.
func (s *Service) admitted(ctx context.Context, where kernel.Scope, st stage.Stage, workload string, ref ReleaseRef, how admission) (*Availability, error) {
	a, err := s.availability(ctx, where, workload, ref)
	if err != nil || how.dry {
		return &a, err
	}
	var closed *kernel.Problem
	if !how.whenOpen {
		if closed, _, err = s.closed(st); err != nil {
			return nil, err
		}
	}
	return &a, refusal(fmt.Sprintf("%s of %s", ref, workload), s.obstacle(workload, a), closed)
}

// admission is how strictly a request is looked at: a dry run changes nothing,
// and one that waits for its stage to open meets the windows before its apply.
type admission struct{ dry, whenOpen bool }
