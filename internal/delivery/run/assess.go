package run

import (
	"context"
	"errors"
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
	// ByItself tells what stages do with the release without being asked.
	ByItself []string `json:"byItself,omitempty"`
	// Takes are what a removal ends to take of other workloads.
	Takes []Take `json:"takes,omitempty"`
	// Users are the workloads that take from what a removal removes.
	Users []string `json:"users,omitempty"`
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
	if op == Destroy {
		if err := s.assessRemoval(ctx, where, &a, c); err != nil {
			return a, err
		}
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
	a.ByItself, err = s.byItself(ctx, where, c.Workload, found)
	return err
}

// assessRemoval tells what the workload takes of others, and who takes from it.
func (s *Service) assessRemoval(ctx context.Context, where kernel.Scope, a *Assessment, c ChangeRequest) error {
	d, err := s.Store.Deployment(ctx, where, c.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	a.Takes = d.Takes
	if a.Users, err = s.takersOf(ctx, where, c.Workload); err != nil {
		return err
	}
	if c.Force {
		return a.against("permission", s.Authorizer.Authorize(ctx, actionOrphan, where))
	}
	if p := removalProblem(where, c.Workload, a.Users); p != nil {
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
