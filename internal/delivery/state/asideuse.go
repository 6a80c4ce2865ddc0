package state

import (
	"context"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TakeBack brings a state that never came into force back, as the stack's newest
// version, and forgets it beside the versions. Where the one in force is of
// something else, replace must say so.
func (s *Service) TakeBack(ctx context.Context, stack, id string, replace Replacing, reason string) (Version, error) {
	if err := s.mayEdit(ctx, stack, reason); err != nil {
		return Version{}, err
	}
	a, err := s.asideNamed(ctx, stack, id)
	if err != nil {
		return Version{}, err
	}
	v, err := s.edit(ctx, stack, edition{
		kind: "state.taken_back", cause: fmt.Sprintf("took back serial %d, which was %s", a.Serial, a.how()), reason: reason,
		data: map[string]any{"kept": a.ID, "digest": a.Digest}, again: true, first: a.Serial, size: a.Size, unstored: a.Waits,
		allow:  func(before Version) error { return a.replaces(before, replace) },
		change: func(io.Reader) (origin, error) { return origin{a.from, nothing}, nil },
	})
	if err != nil {
		return v, err
	}
	return v, s.forget(ctx, stack, a)
}

func (a asideState) how() string {
	if a.Waits {
		return "not stored by its apply"
	}
	return "set aside as " + a.ID
}

// replaces refuses to take the place of the state of something else.
func (a asideState) replaces(before Version, replace Replacing) error {
	if replace.Lineage || a.Lineage == before.Lineage {
		return nil
	}
	return kernel.Errorf(kernel.Conflict, "what was %s has the lineage %s, but the state of %s has %s: it is the state of something else", a.how(), a.Lineage, before.Stack, before.Lineage).
		WithFix("look at both: what the one that is there knows stays in the target, and is forgotten here; --other-lineage does it all the same")
}

// Discard forgets a state that was set aside, for good. The one that waits for the
// next run is set aside by it, so that it takes two steps to lose what was applied.
func (s *Service) Discard(ctx context.Context, stack, id, reason string) error {
	if err := s.mayEdit(ctx, stack, reason); err != nil {
		return err
	}
	a, err := s.asideNamed(ctx, stack, id)
	if err != nil {
		return err
	}
	if a.Waits {
		if err := s.idle(ctx, stack); err != nil {
			return err
		}
		return s.moveAside(ctx, stack, keptState{from: a.from, fence: a.Fence}, reason)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.record(ctx, "state.discarded", stack, reason, map[string]any{"kept": a.ID, "serial": a.Serial, "digest": a.Digest})
	})
	if err != nil {
		return err
	}
	return s.forget(ctx, stack, a)
}

// forget removes a state that never came into force, even when who asked has gone.
func (s *Service) forget(ctx context.Context, stack string, a asideState) error {
	ctx = context.WithoutCancel(ctx)
	if a.Waits {
		return s.drop(ctx, stack)
	}
	err := s.Blobs.Delete(ctx, asideKey(stack, a.ID))
	if err == nil || kernel.Is(err, kernel.NotFound) {
		return nil
	}
	return fmt.Errorf("remove what was set aside as %s: %w", a.ID, err)
}
