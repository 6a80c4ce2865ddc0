package state

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// HeldError says that somebody else holds the lock of a stack. Its kind is kernel.Locked.
type HeldError struct {
	Stack string
	Held  Held
}

// Error names the holder.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the state of %s is locked by run %s (%s, %s, since %s)",
		e.Stack, e.Held.Run, e.Held.Operation, e.Held.Who, e.Held.Created)
}

// Unwrap returns the error's kind.
func (e *HeldError) Unwrap() error { return kernel.Errorf(kernel.Locked, "%s", e.Error()) }

// Lock takes the stack's lock for the caller, or returns a *HeldError. A lock
// whose holder has lost its lease is taken over: its fence is not the caller's,
// and the caller's is the current one. So is one of the same run and fence: a
// run has one process of the tool at a time, so that one was killed or could not
// give its lock back.
func (s *Service) Lock(ctx context.Context, c Caller, stack string, l Lock) error {
	if err := c.serves(stack); err != nil {
		return err
	}
	if l.ID == "" {
		return kernel.Errorf(kernel.Invalid, "the lock has no ID")
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		record, err := s.Store.Hold(ctx, stack)
		if err != nil {
			return err
		}
		if err := s.Fences.CheckFence(ctx, stack, c.Fence); err != nil {
			return err
		}
		if record.Held != nil && record.Held.ID == l.ID && record.Held.Fence == c.Fence {
			return nil // the answer to the first request was lost, and the tool asks again
		}
		if err := s.displace(ctx, c, record); err != nil {
			return err
		}
		record.Held = &Held{Lock: l, Run: c.Run, Fence: c.Fence}
		return s.Store.Save(ctx, record)
	})
}

// displace refuses a lock that another living run holds, and writes down that a
// dead one's is taken over. The caller's fence is the current one.
func (s *Service) displace(ctx context.Context, c Caller, record Stack) error {
	switch held := record.Held; {
	case held == nil:
		return nil
	case held.Fence == c.Fence && held.Run != c.Run:
		return &HeldError{Stack: record.ID, Held: *held}
	default:
		reason := fmt.Sprintf("run %s no longer holds the stack", held.Run)
		if held.Run == c.Run && held.Fence == c.Fence {
			reason = fmt.Sprintf("an earlier process of run %s did not give it back", held.Run)
		}
		return s.record(ctx, "state.lock_taken_over", record.ID, reason, map[string]any{"lock": held.ID, "from": held.Run, "by": c.Run})
	}
}

// Unlock gives back the lock with the id. A stack that is not locked stays so.
func (s *Service) Unlock(ctx context.Context, c Caller, stack, id string) error {
	if err := c.serves(stack); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.release(ctx, stack, id) })
}

func (s *Service) release(ctx context.Context, stack, id string) error {
	if id == "" {
		return kernel.Errorf(kernel.Invalid, "the id of the lock to give back is missing").
			WithFix("name the lock's ID")
	}
	record, err := s.Store.Hold(ctx, stack)
	if err != nil || record.Held == nil {
		return err
	}
	if record.Held.ID != id {
		return &HeldError{Stack: stack, Held: *record.Held}
	}
	record.Held = nil
	return s.Store.Save(ctx, record)
}
