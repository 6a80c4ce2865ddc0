package dns

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func get[T any](ctx context.Context, s *Service, kind Kind, tenant, name string) (v T, err error) {
	o, err := s.Book.Get(ctx, kind, tenant, name)
	if err != nil {
		return v, err
	}
	return valueOf[T](o)
}

// Listed returns the zones, networks, forwarders, keys or endpoints of a tenant that the
// actor sees, by name. Of another tenant's operators of the platform see all.
func Listed[T any](ctx context.Context, s *Service, kind Kind, tenant string, page kernel.PageRequest) (kernel.Page[T], error) {
	reach, err := s.reach(ctx, kernel.Scope{Tenant: tenant})
	if err != nil {
		return kernel.Page[T]{}, err
	}
	found, err := s.Book.List(ctx, kind, tenant, reach, page)
	out := kernel.Page[T]{Items: []T{}, Next: found.Next}
	for _, o := range found.Items {
		v, err := valueOf[T](o)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	return out, err
}

// reach is where in a tenant the actor sees what DNS has.
func (s *Service) reach(ctx context.Context, scope kernel.Scope) (kernel.Reach, error) {
	if actor, _ := kernel.ActorFrom(ctx); actor.Tenant != scope.Tenant {
		if err := s.Authorizer.Authorize(ctx, actionGovern, scope); err != nil {
			return kernel.Reach{}, err
		}
		return kernel.Reach{All: true}, s.Places.Check(ctx, scope)
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Reach{}, err
	}
	return s.Authorizer.Allowed(ctx, actionRead, scope)
}

// write changes what there is in one transaction, with nobody else doing so, and then has it
// in force.
func (s *Service) write(ctx context.Context, change func(ctx context.Context) error) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Book.Hold(ctx); err != nil {
			return err
		}
		return change(ctx)
	})
	if err == nil {
		db.AfterCommit(ctx, func() { s.renew(ctx) })
	}
	return err
}

// put keeps an object, and records the fact as the last thing of the transaction.
func (s *Service) put(ctx context.Context, kind Kind, scope kernel.Scope, name string, v any, sealed []byte, fact string, data any) error {
	body, err := db.Encode(v, string(kind)+" "+name)
	if err != nil {
		return err
	}
	if err := s.Book.Put(ctx, Object{Kind: kind, Scope: scope, Name: name, Body: body, Sealed: sealed}); err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: scope, Subject: name, Data: data})
}

func (s *Service) remove(ctx context.Context, kind Kind, scope kernel.Scope, name, fact string, data any) error {
	if err := s.Book.Remove(ctx, kind, scope.Tenant, name); err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: scope, Subject: name, Data: data})
}

func actorName(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.Name
}
