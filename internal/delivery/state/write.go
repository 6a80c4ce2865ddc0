package state

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Write keeps what raw gives as the stack's newest state. The caller must hold the
// lock with the id, under a fence that is still the current one. The content is
// stored, piece by piece, before the row that makes it count: a crash in between leaves a blob
// that nothing refers to, which Sweep removes, never a version without content.
func (s *Service) Write(ctx context.Context, c Caller, stack, lockID string, raw io.Reader) (Version, error) {
	if err := errors.Join(c.serves(stack), c.writes()); err != nil {
		return Version{}, err
	}
	v := Version{ID: kernel.NewID("sv"), Stack: stack, Run: c.Run, Fence: c.Fence, CreatedAt: s.Clock.Now()}
	parsed, err := s.store(ctx, &v, raw)
	if err != nil {
		return Version{}, err
	}
	kept, err := s.accept(ctx, c, lockID, parsed, v)
	if err != nil || kept.ID != v.ID {
		err = errors.Join(err, s.discard(ctx, v))
	}
	return kept, err
}

// accept makes v the current version, unless the state is there already.
func (s *Service) accept(ctx context.Context, c Caller, lockID string, parsed content, v Version) (kept Version, err error) {
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		record, err := s.Store.Hold(ctx, v.Stack)
		if err != nil {
			return err
		}
		if err := s.mayWrite(ctx, c, lockID, record); err != nil {
			return err
		}
		kept, err = s.successor(ctx, record, parsed, v)
		if err != nil || kept.ID != v.ID {
			return err
		}
		if err := s.Store.Add(ctx, v); err != nil {
			return err
		}
		record.Current = v.ID
		if err := s.Store.Save(ctx, record); err != nil {
			return err
		}
		return s.record(ctx, "state.written", v.Stack, "", map[string]any{"version": v.ID, "serial": v.Serial, "digest": v.Digest, "run": v.Run})
	})
	return kept, err
}

// successor returns v, or the current version where v says the same again.
func (s *Service) successor(ctx context.Context, record Stack, parsed content, v Version) (Version, error) {
	if record.Current == "" {
		return v, nil
	}
	current, err := s.Store.Version(ctx, record.ID, record.Current)
	if err != nil {
		return Version{}, err
	}
	again, err := parsed.follows(current, v.Digest)
	if again {
		return current, err
	}
	return v, err
}

func (s *Service) mayWrite(ctx context.Context, c Caller, lockID string, record Stack) error {
	if err := s.Fences.CheckFence(ctx, record.ID, c.Fence); err != nil {
		return err
	}
	switch held := record.Held; {
	case held == nil:
		return kernel.Errorf(kernel.Locked, "the state of %s is not locked: it is written only by the holder of its lock", record.ID)
	case held.ID != lockID || held.Fence != c.Fence:
		return &HeldError{Stack: record.ID, Held: *held}
	}
	return nil
}

// Delete makes the stack one without a state; its versions stay. Nobody else
// may hold the lock.
func (s *Service) Delete(ctx context.Context, c Caller, stack string) error {
	if err := errors.Join(c.serves(stack), c.writes()); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		record, err := s.Store.Hold(ctx, stack)
		if err != nil {
			return err
		}
		if err := s.Fences.CheckFence(ctx, stack, c.Fence); err != nil {
			return err
		}
		if record.Held != nil && record.Held.Fence != c.Fence {
			return &HeldError{Stack: stack, Held: *record.Held}
		}
		if record.Current == "" {
			return nil
		}
		data := map[string]any{"version": record.Current, "run": c.Run}
		record.Current = ""
		if err := s.Store.Save(ctx, record); err != nil {
			return err
		}
		return s.record(ctx, "state.deleted", stack, "", data)
	})
}

// discard removes the content of a version that was not accepted, even when
// the caller has gone.
func (s *Service) discard(ctx context.Context, v Version) error {
	if err := s.Blobs.Delete(context.WithoutCancel(ctx), v.key()); err != nil {
		return fmt.Errorf("discard refused state: %w", err)
	}
	return nil
}

// associated binds sealed content to its stack and version, so that no content
// can be passed off as another's.
func (v Version) associated() []byte { return []byte("state\x00" + v.Stack + "\x00" + v.ID) }

func (v Version) key() string { return contents + v.Stack + "/" + v.ID }

// contents is what the keys of all contents begin with.
const contents = "state/"
