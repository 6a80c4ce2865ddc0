package local

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Get returns the object as it really is: NotFound when it is not recorded, or
// has vanished behind the record.
func (s *Service) Get(ctx context.Context, c Caller, kind Kind, name string) (Object, error) {
	k := Key{Scope: c.Scope, Kind: kind, Name: name}
	p, err := s.plane(kind)
	if err != nil {
		return Object{}, err
	}
	if err := checkKey(k); err != nil {
		return Object{}, err
	}
	o, err := s.config.Store.Get(ctx, k)
	if err != nil {
		return Object{}, err
	}
	seen, gone, err := p.observe(ctx, o)
	if err != nil {
		return Object{}, err
	}
	if gone {
		return Object{}, kernel.Errorf(kernel.NotFound, "%s does not exist any more", k)
	}
	return seen, nil
}

// Delete gives up the caller's ownership, of one resource of its stack; with the
// last one the object ends.
func (s *Service) Delete(ctx context.Context, c Caller, kind Kind, name string) error {
	k := Key{Scope: c.Scope, Kind: kind, Name: name}
	p, err := s.plane(kind)
	if err != nil {
		return err
	}
	if err := checkKey(k); err != nil {
		return err
	}
	if err := checkClaim(c.Claim); err != nil {
		return err
	}
	unlock, err := s.begin(ctx, c, k)
	if err != nil {
		return err
	}
	defer unlock()
	o, err := s.recorded(ctx, k)
	if o == nil || err != nil {
		return err
	}
	if others := o.withoutOwner(c.Stack, c.Claim); len(others) > 0 {
		left := *o
		left.Owners, left.UpdatedAt = others, s.config.Clock.Now()
		return s.record(ctx, c, left, o)
	}
	if err := p.remove(ctx, *o); err != nil {
		return err
	}
	return s.erase(ctx, c, k)
}

func (s *Service) erase(ctx context.Context, c Caller, k Key) error {
	return s.config.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.config.Fences.CheckFence(ctx, c.Stack, c.Fence); err != nil {
			return err
		}
		if err := s.config.Store.Delete(ctx, k); err != nil {
			return err
		}
		return s.config.Journal.Record(ctx, kernel.Fact{
			Type: "local-object.deleted", Scope: k.Scope, Subject: k.String(), Data: map[string]any{"stack": c.Stack},
		})
	})
}
