package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ActionWrite is what changing a state by hand is authorised as.
const ActionWrite = "state.write"

// Editor changes states as the tool's own commands do.
type Editor interface {
	// MoveState gives what has one address another one.
	MoveState(ctx context.Context, state []byte, from, to string) ([]byte, error)
	// RemoveState forgets resources; what they stand for stays as it is.
	RemoveState(ctx context.Context, state []byte, addresses ...string) ([]byte, error)
}

// Move gives a resource, or all of a module, another address. Runs that planned
// from the state before plan again.
func (s *Service) Move(ctx context.Context, stack, from, to, reason string) (Version, error) {
	return s.edit(ctx, stack, edition{
		kind: "state.moved", cause: "moved " + from + " to " + to, reason: reason, data: map[string]any{"from": from, "to": to},
		change: func(raw []byte) ([]byte, error) { return s.Editor.MoveState(ctx, raw, from, to) },
	})
}

// Remove forgets resources, which stay as they are in the target.
func (s *Service) Remove(ctx context.Context, stack string, addresses []string, reason string) (Version, error) {
	return s.edit(ctx, stack, edition{
		kind: "state.removed", cause: "forgot " + strings.Join(addresses, ", "), reason: reason, data: map[string]any{"addresses": addresses},
		change: func(raw []byte) ([]byte, error) { return s.Editor.RemoveState(ctx, raw, addresses...) },
	})
}

// Rollback brings the content of an earlier version back, as a new version. It
// changes what is known, and nothing in the target: the next plan tells the rest.
func (s *Service) Rollback(ctx context.Context, stack, version, reason string) (Version, error) {
	if err := s.authorize(ctx, ActionWrite, stack); err != nil {
		return Version{}, err
	}
	old, err := s.Store.Version(ctx, stack, version)
	if err != nil {
		return Version{}, err
	}
	return s.edit(ctx, stack, edition{
		kind: "state.rolled_back", cause: fmt.Sprintf("rolled back to serial %d (%s)", old.Serial, old.ID), reason: reason,
		data: map[string]any{"to": old.ID, "serial": old.Serial}, again: true,
		change: func([]byte) ([]byte, error) { return s.load(ctx, old) },
	})
}

// Import takes a state that was kept elsewhere. A stack that has one already is
// a Conflict unless replace is set.
func (s *Service) Import(ctx context.Context, stack string, raw []byte, replace bool, reason string) (Version, error) {
	parsed, err := parse(raw)
	if err != nil {
		return Version{}, err
	}
	return s.edit(ctx, stack, edition{
		kind: "state.imported", cause: fmt.Sprintf("imported with serial %d", parsed.Serial), reason: reason,
		data: map[string]any{"lineage": parsed.Lineage, "digest": kernel.DigestOf(raw)}, again: true, first: parsed.Serial,
		change: func(current []byte) ([]byte, error) {
			if current != nil && !replace {
				return nil, kernel.Errorf(kernel.Conflict, "stack %s has a state already", stack).
					WithFix("look at it with terrace state list; --replace puts the imported one in its place")
			}
			return raw, nil
		},
	})
}

// edition is one change of a state by hand.
type edition struct {
	kind, cause, reason string
	data                map[string]any
	// again says that the stack need not have a state.
	again bool
	// first is the least serial of the result.
	first  int64
	change func(current []byte) ([]byte, error)
}

// edit makes a new version of the stack's state from the one in force.
func (s *Service) edit(ctx context.Context, stack string, e edition) (Version, error) {
	if err := s.authorize(ctx, ActionWrite, stack); err != nil {
		return Version{}, err
	}
	if strings.TrimSpace(e.reason) == "" {
		return Version{}, kernel.Errorf(kernel.Invalid, "a change of a state by hand needs a reason").WithFix("say why with --reason")
	}
	before, there, err := s.Current(ctx, stack)
	if err != nil {
		return Version{}, err
	}
	var current []byte
	switch {
	case there:
		if current, err = s.load(ctx, before); err != nil {
			return Version{}, err
		}
	case !e.again:
		return Version{}, kernel.Errorf(kernel.NotFound, "stack %s has no state", stack)
	}
	if err := s.idle(ctx, stack); err != nil {
		return Version{}, err
	}
	raw, err := e.change(current)
	if err != nil {
		return Version{}, err
	}
	return s.put(ctx, stack, before, raw, e)
}

// put stores what an edition made, unless somebody was faster.
func (s *Service) put(ctx context.Context, stack string, before Version, raw []byte, e edition) (Version, error) {
	serial := max(before.Serial+1, e.first)
	raw, err := withSerial(raw, serial)
	if err != nil {
		return Version{}, err
	}
	parsed, err := parse(raw)
	if err != nil {
		return Version{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	v := Version{
		ID: kernel.NewID("sv"), Stack: stack, Serial: serial, Lineage: parsed.Lineage, Digest: kernel.DigestOf(raw),
		Size: int64(len(raw)), By: actor.Name, Cause: e.cause, CreatedAt: s.Clock.Now(),
	}
	if err := s.store(ctx, v, raw); err != nil {
		return Version{}, err
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

// idle refuses a stack on which a run works at this moment.
func (s *Service) idle(ctx context.Context, stack string) error {
	run, err := s.Fences.Executing(ctx, stack)
	if err != nil || run == "" {
		return err
	}
	return kernel.Errorf(kernel.Locked, "run %s works on %s at this moment", run, stack).
		WithFix("wait for its end, or stop it: terrace run cancel %s", run)
}

// withSerial sets the serial of a state and leaves all else as it is.
func withSerial(raw []byte, serial int64) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the state is not JSON: %w", err)
	}
	fields["serial"] = fmt.Appendf(nil, "%d", serial)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fields); err != nil {
		return nil, fmt.Errorf("write state: %w", err)
	}
	return out.Bytes(), nil
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
			return kernel.Errorf(kernel.NotFound, "the state of %s is not locked", stack)
		}
		held := *record.Held
		if err := s.release(ctx, stack, id); err != nil {
			return err
		}
		return s.record(ctx, "state.unlocked", stack, reason, map[string]any{"lock": held.ID, "run": held.Run})
	})
}
