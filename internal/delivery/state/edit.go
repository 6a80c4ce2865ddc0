package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ActionWrite is what changing a state by hand is authorised as.
const ActionWrite = "state.write"

// Editor changes states as the tool's own commands do. What it returns is read from
// its beginning any number of times, and closed when it is stored.
type Editor interface {
	// MoveState gives what has one address another one.
	MoveState(ctx context.Context, state io.Reader, from, to string) (io.ReadSeekCloser, error)
	// RemoveState forgets resources; what they stand for stays as it is.
	RemoveState(ctx context.Context, state io.Reader, addresses ...string) (io.ReadSeekCloser, error)
}

// source gives a state, each time from its beginning.
type source func() (io.ReadCloser, error)

// origin is where an edition takes its state from.
type origin struct {
	source

	// done lets go of it.
	done func() error
}

func nothing() error { return nil }

func (s *Service) stored(ctx context.Context, v Version) source {
	return func() (io.ReadCloser, error) { return s.load(ctx, v) }
}

func edited(file io.ReadSeekCloser, err error) (origin, error) {
	if err != nil {
		return origin{}, err
	}
	return origin{done: file.Close, source: func() (io.ReadCloser, error) {
		_, err := file.Seek(0, io.SeekStart)
		return io.NopCloser(file), err
	}}, nil
}

// Move gives a resource, or all of a module, another address. Runs that planned
// from the state before plan again.
func (s *Service) Move(ctx context.Context, stack, from, to, reason string) (Version, error) {
	return s.edit(ctx, stack, edition{
		kind: "state.moved", cause: "moved " + from + " to " + to, reason: reason, data: map[string]any{"from": from, "to": to},
		change: func(state io.Reader) (origin, error) { return edited(s.Editor.MoveState(ctx, state, from, to)) },
	})
}

// Remove forgets resources, which stay as they are in the target.
func (s *Service) Remove(ctx context.Context, stack string, addresses []string, reason string) (Version, error) {
	return s.edit(ctx, stack, edition{
		kind: "state.removed", cause: "forgot " + strings.Join(addresses, ", "), reason: reason, data: map[string]any{"addresses": addresses},
		change: func(state io.Reader) (origin, error) { return edited(s.Editor.RemoveState(ctx, state, addresses...)) },
	})
}

// Rollback brings the content of an earlier version back, as a new version. It
// changes what is known, and nothing in the target: the next plan tells the rest.
func (s *Service) Rollback(ctx context.Context, stack, version, reason string) (Version, error) {
	if err := s.authorize(ctx, ActionWrite, stack); err != nil {
		return Version{}, err
	}
	old, err := s.version(ctx, stack, version)
	if err != nil {
		return Version{}, err
	}
	return s.edit(ctx, stack, edition{
		kind: "state.rolled_back", cause: fmt.Sprintf("rolled back to serial %d (%s)", old.Serial, old.ID), reason: reason,
		data: map[string]any{"to": old.ID, "serial": old.Serial}, again: true,
		change: func(io.Reader) (origin, error) { return origin{s.stored(ctx, old), nothing}, nil },
	})
}

// Replacing is what an import may put itself in the place of.
type Replacing struct {
	// State is one that is there, and Lineage one of something else.
	State, Lineage bool
}

// allow refuses to replace the version in force by what arrived.
func (r Replacing) allow(before, arrived Version) error {
	switch {
	case !r.State:
		return kernel.Errorf(kernel.Conflict, "stack %s has a state already", before.Stack).
			WithFix("look at it with terrace state list; --replace puts the imported one in its place")
	case !r.Lineage && arrived.Lineage != before.Lineage:
		return kernel.Errorf(kernel.Conflict, "the imported state has the lineage %s, but that of %s has %s: it is the state of something else", arrived.Lineage, before.Stack, before.Lineage).
			WithFix("look at both: what the one that is there knows stays in the target, and is forgotten here; --other-lineage beside --replace does it all the same")
	default:
		return nil
	}
}

// Import takes a state that was kept elsewhere. A stack that has one already is a
// Conflict unless it may be replaced.
func (s *Service) Import(ctx context.Context, stack string, raw io.Reader, replace Replacing, reason string) (Version, error) {
	if err := s.mayEdit(ctx, stack, reason); err != nil {
		return Version{}, err
	}
	arrived := Version{ID: kernel.NewID("sv"), Stack: stack} // its content is spooled, sealed, as that of a version that never is
	if _, err := s.store(ctx, &arrived, raw); err != nil {
		return Version{}, err
	}
	v, err := s.edit(ctx, stack, edition{
		kind: "state.imported", cause: fmt.Sprintf("imported with serial %d and lineage %s", arrived.Serial, arrived.Lineage), reason: reason,
		data: map[string]any{"lineage": arrived.Lineage, "digest": arrived.Digest}, again: true, first: arrived.Serial,
		allow:  func(before Version) error { return replace.allow(before, arrived) },
		change: func(io.Reader) (origin, error) { return origin{s.stored(ctx, arrived), nothing}, nil },
	})
	return v, errors.Join(err, s.discard(ctx, arrived))
}

// edition is one change of a state by hand.
type edition struct {
	kind, cause, reason string
	data                map[string]any
	// again says that the stack need not have a state.
	again bool
	// first is the least serial of the result.
	first int64
	// size is that of what takes its place, where it is known.
	size int64
	// unstored says that the result is the state that an apply could not store.
	unstored bool
	// allow refuses to go on from the version in force, where there is one; nil allows all.
	allow func(before Version) error
	// change gets the state in force, nil for none.
	change func(current io.Reader) (origin, error)
}

// mayEdit refuses whoever may not change the state, and changes without a reason.
func (s *Service) mayEdit(ctx context.Context, stack, reason string) error {
	if err := s.authorize(ctx, ActionWrite, stack); err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return kernel.Errorf(kernel.Invalid, "a change of a state by hand needs a reason").WithFix("say why with --reason")
	}
	return nil
}

// edit makes a new version of the stack's state from the one in force.
func (s *Service) edit(ctx context.Context, stack string, e edition) (Version, error) {
	if err := s.mayEdit(ctx, stack, e.reason); err != nil {
		return Version{}, err
	}
	before, there, err := s.Current(ctx, stack)
	if err != nil {
		return Version{}, err
	}
	if !there && !e.again {
		return Version{}, noState(stack)
	}
	if e.allow != nil && there {
		if err := e.allow(before); err != nil {
			return Version{}, err
		}
	}
	if err := s.idle(ctx, stack); err != nil {
		return Version{}, err
	}
	if err := s.unkept(ctx, stack); err != nil && !e.unstored {
		return Version{}, err
	}
	free, err := s.turns.take(ctx, max(before.Size, e.size))
	if err != nil {
		return Version{}, err
	}
	defer free()
	from, err := s.change(ctx, before, there, e)
	if err != nil {
		return Version{}, err
	}
	v, err := s.put(ctx, stack, before, from.source, e)
	return v, errors.Join(err, from.done())
}

// change hands the state in force to the edition.
func (s *Service) change(ctx context.Context, before Version, there bool, e edition) (origin, error) {
	if !there {
		return e.change(nil)
	}
	current, err := s.load(ctx, before)
	if err != nil {
		return origin{}, err
	}
	from, err := e.change(current)
	return from, errors.Join(err, current.Close())
}

// put stores what an edition made, unless somebody was faster.
func (s *Service) put(ctx context.Context, stack string, before Version, from source, e edition) (Version, error) {
	actor, _ := kernel.ActorFrom(ctx)
	v := Version{ID: kernel.NewID("sv"), Stack: stack, By: actor.Name, Cause: e.cause, CreatedAt: s.Clock.Now()}
	fence, err := s.Fences.Given(ctx, stack)
	if err != nil {
		return Version{}, err
	}
	v.Fence = fence
	raw, err := renumbered(from, max(before.Serial+1, e.first))
	if err != nil {
		return Version{}, err
	}
	if _, err := s.store(ctx, &v, raw); err != nil {
		return Version{}, errors.Join(err, raw.Close())
	}
	if err := raw.Close(); err != nil {
		return Version{}, errors.Join(err, s.discard(ctx, v))
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.replace(ctx, before, v, e) })
	if err != nil {
		return Version{}, errors.Join(err, s.discard(ctx, v))
	}
	return v, nil
}

func (s *Service) replace(ctx context.Context, before, v Version, e edition) error {
	record, err := s.Store.Hold(ctx, v.Stack)
	if err != nil {
		return err
	}
	if record.Current != before.ID {
		return kernel.Errorf(kernel.Stale, "the state of %s has changed meanwhile", v.Stack).WithFix("look at it, and try again")
	}
	if held := record.Held; held != nil && s.Fences.CheckFence(ctx, v.Stack, held.Fence) == nil {
		return &HeldError{Stack: v.Stack, Held: *held}
	}
	if err := s.idle(ctx, v.Stack); err != nil {
		return err
	}
	record.Current, record.Held = v.ID, nil
	if err := errors.Join(s.Store.Add(ctx, v), s.Store.Save(ctx, record)); err != nil {
		return err
	}
	e.data["version"], e.data["serial"] = v.ID, v.Serial
	return s.record(ctx, e.kind, v.Stack, e.reason, e.data)
}

// unkept refuses a stack of which an apply left a state that is not in force yet.
func (s *Service) unkept(ctx context.Context, stack string) error {
	kept, err := s.keeps(ctx, stack)
	if err != nil || !kept {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "what an apply of %s could not store is kept, and comes into force with the next run", stack).
		WithFix("run one first, such as terrace deploy score.yaml with --dry-run, and look at the state again")
}

// idle refuses a stack on which a run works at this moment.
func (s *Service) idle(ctx context.Context, stack string) error {
	run, err := s.Fences.Executing(ctx, stack)
	if err != nil || run == "" {
		return err
	}
	return kernel.Errorf(kernel.Locked, "run %s works on %s at this moment", run, stack).
		WithFix("wait for its end, or stop it: terrace run cancel %s", run)
}

// ForceUnlock gives the lock of a stack back for a holder that cannot: one whose run
// has ended or lost the stack. A lock of a run that works is Locked. It needs the
// lock's id, so that nobody removes another than the one that was looked at.
func (s *Service) ForceUnlock(ctx context.Context, stack, id, reason string) error {
	if err := s.authorize(ctx, ActionWrite, stack); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.idle(ctx, stack); err != nil {
			return err
		}
		record, err := s.Store.Hold(ctx, stack)
		if err != nil {
			return err
		}
		if record.Held == nil {
			return kernel.Errorf(kernel.NotFound, "the state of %s is not locked", stack).WithFix("there is nothing to give back; terrace state list tells of its lock")
		}
		held := *record.Held
		if err := s.release(ctx, stack, id); err != nil {
			return err
		}
		return s.record(ctx, "state.unlocked", stack, reason, map[string]any{"lock": held.ID, "run": held.Run})
	})
}
