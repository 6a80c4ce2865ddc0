package fleet

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Control is what whoever waits for an execution can ask of it: an orderly stop,
// or the end of terraform at once. Nil channels are never closed.
type Control struct{ Stop, Kill <-chan struct{} }

// Execute has a runner do the job and waits for its result. The end of ctx leaves
// the assignment as it is: the next process to ask for the same finds it. The
// error is a *LostError where there will be no result. The caller closes the result.
func (s *Service) Execute(ctx context.Context, job Job, plan PlanFile, c Control) (Result, error) {
	job.Plan = plan.Digest
	digest, err := job.digest()
	if err != nil {
		return Result{}, err
	}
	a, err := s.Store.Latest(ctx, job.Run, job.Fence)
	switch {
	case kernel.Is(err, kernel.NotFound):
	case err != nil:
		return Result{}, err
	case a.Digest == digest && a.open():
		return s.await(ctx, a, c)
	case a.open():
		if err := s.lose(ctx, a.ID, "something else was asked for"); err != nil {
			return Result{}, err
		}
	}
	if a, err = s.offer(ctx, job, plan, digest); err != nil {
		return Result{}, err
	}
	return s.await(ctx, a, c)
}

// open reports whether there is, or will be, an outcome that nobody has read.
func (a Assignment) open() bool { return a.State == Offered || a.State == Taken || a.State == Done }

func (s *Service) offer(ctx context.Context, job Job, plan PlanFile, digest kernel.Digest) (Assignment, error) {
	a := Assignment{
		ID: kernel.NewID("asg"), Scope: job.Scope, Stack: job.Stack, Run: job.Run, Fence: job.Fence, Phase: job.Phase,
		Partial: job.Partial, Looks: job.Unlocked, Labels: job.Labels, Digest: digest, State: Offered, CreatedAt: s.Clock.Now(),
	}
	if err := s.putJob(ctx, a.ID, job, plan); err != nil {
		s.drop(ctx, a.ID)
		return a, err
	}
	if err := s.Store.InsertAssignment(ctx, a); err != nil {
		s.drop(ctx, a.ID)
		return a, err
	}
	s.news.tell()
	return a, nil
}

// await waits until the assignment has an outcome or cannot have one any more.
func (s *Service) await(ctx context.Context, a Assignment, c Control) (Result, error) {
	id := a.ID
	for {
		changed := s.news.next()
		a, err := s.Store.Assignment(ctx, id)
		if err != nil {
			return Result{}, err
		}
		switch a.State {
		case Done:
			return s.collect(ctx, a)
		case Lost, Ended:
			return Result{}, &LostError{Begun: a.Runner != "", Reason: a.Reason}
		case Offered, Taken: // it goes on
		}
		if err := s.look(ctx, a, c); err != nil {
			return Result{}, err
		}
		s.pauseFor(ctx, a, c, changed)
		if ctx.Err() != nil {
			return Result{}, context.Cause(ctx)
		}
	}
}

// look passes on what was asked for, and gives up what takes too long. What it does is
// decided on the assignment as it is when it is saved: a runner may just have taken it.
func (s *Service) look(ctx context.Context, a Assignment, c Control) error {
	if !s.judge(&a, c) {
		return nil
	}
	_, err := s.edit(ctx, a.ID, func(a *Assignment) (bool, error) { return s.judge(a, c), nil })
	return err
}

// judge reports whether what was asked for, or the time, changes the assignment, and changes it.
func (s *Service) judge(a *Assignment, c Control) (changed bool) {
	now, command := s.Clock.Now(), c.command()
	switch {
	case a.State == Offered && command != Go:
		a.State, a.Reason = Lost, "it was canceled before a runner had taken it"
	case a.State == Offered && now.Sub(a.CreatedAt) > Patience:
		a.State, a.Reason = Lost, fmt.Sprintf("no runner with its labels took it within %s", Patience)
	case a.State == Taken && now.Sub(a.Seen) > Patience:
		a.State, a.Reason = Lost, a.lost("was lost")+fmt.Sprintf(": it was not heard of since %s", a.Seen.Format(time.TimeOnly))
	case a.State == Taken && command != a.Command:
		a.Command = command
	default:
		return false
	}
	return true
}

// command is the most that was asked for.
func (c Control) command() Command {
	switch {
	case closed(c.Kill):
		return Kill
	case closed(c.Stop):
		return Stop
	default:
		return Go
	}
}

// pauseFor pauses until there may be something new to do about the assignment.
func (s *Service) pauseFor(ctx context.Context, a Assignment, c Control, changed <-chan struct{}) {
	stop, kill := c.Stop, c.Kill
	if a.Command != Go || closed(stop) {
		stop = nil
	}
	if a.Command == Kill || closed(kill) {
		kill = nil
	}
	ctx, cancel := context.WithTimeout(ctx, look)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-changed:
	case <-stop:
	case <-kill:
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// collect makes the outcome a result, whose Close ends the assignment.
func (s *Service) collect(ctx context.Context, a Assignment) (Result, error) {
	if a.Outcome == nil {
		return Result{}, fmt.Errorf("the assignment %s is done and has no outcome", a.ID)
	}
	open := func(ctx context.Context, part string) (io.ReadCloser, error) {
		return s.parts.Get(ctx, partOf(a.ID, part))
	}
	return Result{Outcome: *a.Outcome, open: open, close: func() error {
		ctx := context.WithoutCancel(ctx)
		_, err := s.edit(ctx, a.ID, func(a *Assignment) (bool, error) {
			a.State, a.Outcome = Ended, nil
			return true, nil
		})
		s.drop(ctx, a.ID)
		return err
	}}, nil
}

// Working reports whether a runner still executes something of the run under the
// fence, or has an outcome that nobody has read.
func (s *Service) Working(ctx context.Context, run string, fence int64) (bool, error) {
	a, err := s.Store.Latest(ctx, run, fence)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	alive := a.State == Done || a.State == Taken && s.Clock.Now().Sub(a.Seen) <= Patience
	return alive, err
}

// Applied waits for the apply of the run under the fence that was begun by another
// process of the daemon; ok is false where there is none, or only of a part. The
// caller closes the result.
func (s *Service) Applied(ctx context.Context, run string, fence int64, c Control) (result Result, ok bool, err error) {
	a, err := s.Store.Latest(ctx, run, fence)
	if kernel.Is(err, kernel.NotFound) || err == nil && (!a.open() || a.Phase != "apply") {
		return result, false, nil
	}
	if err != nil {
		return result, false, err
	}
	result, err = s.await(ctx, a, c)
	return result, err != nil || !a.Partial, err
}
