package run

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// errLost is the cause of an execution whose lease somebody else took.
var errLost = errors.New("the lease was lost")

// dead reports whether whoever holds the lease no longer executes anything:
// it is free, it expired, or its holder was an earlier process of this node.
// A lease of this process lives exactly as long as its execution.
func (s *Service) dead(l Lease) bool {
	switch {
	case l.Run == "":
		return true
	case l.Process == s.process:
		return !s.active.holds(l)
	case l.Node == s.Node:
		return true
	default:
		return s.Clock.Now().After(l.Expires)
	}
}

// acquire takes the stack's lease for the run with the next fence; ok is false
// while another holds it. Where a remote runner goes on with the run under the
// fence that there is, the lease is taken over with that one.
func (e *execution) acquire(ctx context.Context) (l Lease, ok bool, err error) {
	s, old := e.s, e.head.Lease
	if !s.dead(old) {
		return Lease{}, false, nil
	}
	l = Lease{Fence: old.Fence + 1, Run: e.id, Node: s.Node, Process: s.process, Expires: s.Clock.Now().Add(s.Lease)}
	if old.Run == e.id {
		e.died = old.Node // it never gave the lease back
	}
	if e.remote && s.Fleet != nil && old.Run == e.id {
		if e.goesOn, err = s.Fleet.Working(ctx, e.id, old.Fence); err != nil {
			return Lease{}, false, err
		}
		if e.goesOn {
			l.Fence = old.Fence
		}
	}
	err = s.Store.SwapLease(ctx, e.stack, old, l)
	if kernel.Is(err, kernel.Stale) {
		return Lease{}, false, nil
	}
	return l, err == nil, err
}

// release frees the lease but keeps its fence. One that was lost already stays as it is.
func (s *Service) release(ctx context.Context, stack string, l Lease) error {
	err := s.Store.SwapLease(ctx, stack, l, Lease{Fence: l.Fence, Expires: l.Expires})
	if kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
}

// same reports whether both are one holding of a stack.
func (l Lease) same(other Lease) bool {
	return l.Fence == other.Fence && l.Run == other.Run && l.Process == other.Process
}

// holds refuses an execution whose lease is no longer the stack's.
func (s *Service) holds(ctx context.Context, stack string, l Lease) error {
	current, err := s.Store.Lease(ctx, stack)
	if err != nil {
		return err
	}
	if !current.same(l) {
		return errLost
	}
	return nil
}

// keep renews the lease until ctx ends, and cancels the execution when it is
// lost or when somebody asked for the run to stop.
func (e *execution) keep(ctx context.Context) {
	ticker := time.NewTicker(e.s.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := e.renew(ctx); errors.Is(err, errLost) {
				e.cancel(errLost)
				return
			} else if err != nil && ctx.Err() == nil {
				e.s.Log.WarnContext(ctx, "a lease could not be renewed", "run", e.run.ID, "error", err)
			}
		}
	}
}

func (e *execution) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.s.Lease/3)
	defer cancel()
	err := e.s.Tx.InTx(ctx, func(ctx context.Context) error {
		current, err := e.s.Store.Lease(ctx, e.stack)
		if err != nil {
			return err
		}
		if !current.same(e.lease) {
			return errLost
		}
		renewed := current
		renewed.Expires = e.s.Clock.Now().Add(e.s.Lease)
		return e.s.Store.SwapLease(ctx, e.stack, current, renewed)
	})
	if err != nil {
		return err
	}
	r, err := e.s.Store.Get(ctx, e.scope, e.id)
	if err == nil && r.Cancel != nil {
		e.stop(r.Cancel.Force)
	}
	return err
}

// CheckFence refuses, as Stale, whoever acts on a stack with another fence than
// the current one, or when no run executes it any longer.
func (s *Service) CheckFence(ctx context.Context, stack string, fence int64) error {
	l, err := s.Store.Lease(ctx, stack)
	if err != nil {
		return err
	}
	if l.Fence == fence && l.Run != "" {
		return nil
	}
	if l.Run == "" {
		return kernel.Errorf(kernel.Stale, "no run executes %s any longer; fence %d has ended", stack, fence)
	}
	return kernel.Errorf(kernel.Stale, "fence %d no longer holds %s: run %s does, with fence %d", fence, stack, l.Run, l.Fence)
}
