package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Put makes the caller's stack an owner of the object and the object what the
// declaration says; doing it again changes nothing. A declaration that differs
// from another owner's is a Conflict, an old fence Stale.
func (s *Service) Put(ctx context.Context, c Caller, kind Kind, name string, declaration []byte) (Object, error) {
	k := Key{Scope: c.Scope, Kind: kind, Name: name}
	p, spec, tags, err := s.admit(c, k, declaration)
	if err != nil {
		return Object{}, err
	}
	unlock, err := s.begin(ctx, c, k)
	if err != nil {
		return Object{}, err
	}
	defer unlock()
	previous, err := s.recorded(ctx, k)
	if err != nil {
		return Object{}, err
	}
	next, err := s.next(previous, k, spec, Owner{Stack: c.Stack, Claim: c.Claim, Tags: tags})
	if err != nil {
		return Object{}, err
	}
	made, err := p.apply(ctx, k, spec, previous)
	if err != nil {
		return Object{}, err
	}
	next.Outputs = made.outputs
	err = s.record(ctx, c, next, previous)
	made.finish(err == nil)
	return next, err
}

func (s *Service) admit(c Caller, k Key, declaration []byte) (plane, json.RawMessage, map[string]string, error) {
	p, err := s.plane(k.Kind)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := errors.Join(checkKey(k), checkClaim(c.Claim)); err != nil {
		return nil, nil, nil, err
	}
	spec, tags, err := splitTags(declaration)
	if err != nil {
		return nil, nil, nil, err
	}
	return p, spec, tags, p.check(k, spec)
}

// begin checks that the caller may change the object and takes the object's lock.
func (s *Service) begin(ctx context.Context, c Caller, k Key) (unlock func(), err error) {
	if !c.MayWrite {
		return nil, kernel.Errorf(kernel.Denied, "a run that only plans may not change %s", k).
			WithFix("changes are made when the plan is applied")
	}
	unlock, err = s.locks.lock(ctx, k)
	if err != nil {
		return nil, kernel.Errorf(kernel.Locked, "%s is being changed by another call: %w", k, err).WithFix("try again")
	}
	if err := s.config.Fences.CheckFence(ctx, c.Stack, c.Fence); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// recorded returns the object, nil if there is none.
func (s *Service) recorded(ctx context.Context, k Key) (*Object, error) {
	o, err := s.config.Store.Get(ctx, k)
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return &o, err
}

// next returns the object as it will be recorded, without its outputs.
func (s *Service) next(previous *Object, k Key, spec json.RawMessage, owner Owner) (Object, error) {
	now := s.config.Clock.Now()
	if previous == nil {
		return Object{Key: k, Spec: spec, Revision: 1, Owners: []Owner{owner}, CreatedAt: now, UpdatedAt: now}, nil
	}
	o := *previous
	o.Owners, o.UpdatedAt = previous.withOwner(owner), now
	if bytes.Equal(previous.Spec, spec) {
		return o, nil
	}
	if others := previous.withoutOwner(owner.Stack, owner.Claim); len(others) > 0 {
		return Object{}, conflict(k, others)
	}
	o.Spec, o.Revision = spec, previous.Revision+1
	return o, nil
}

func conflict(k Key, others []Owner) error {
	names := make([]string, 0, len(others))
	for _, o := range others {
		names = append(names, o.name())
	}
	return kernel.Errorf(kernel.Conflict, "%s is shared with %s, which declares it differently", k, strings.Join(names, ", ")).
		WithFix("give the resource the same parameters everywhere, or another id or name in one place")
}

// record writes the object, if the caller still holds its stack.
func (s *Service) record(ctx context.Context, c Caller, next Object, previous *Object) error {
	fact := kernel.Fact{
		Type: "local-object.changed", Scope: next.Scope, Subject: next.Key.String(),
		Data: map[string]any{"stack": c.Stack, "revision": next.Revision},
	}
	if previous == nil {
		fact.Type = "local-object.created"
	}
	return s.config.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.config.Fences.CheckFence(ctx, c.Stack, c.Fence); err != nil {
			return err
		}
		if err := s.config.Store.Put(ctx, next); err != nil {
			return err
		}
		return s.config.Journal.Record(ctx, fact)
	})
}
