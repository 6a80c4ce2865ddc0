package gateway

import (
	"context"
	"errors"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Remove deletes a route, a policy or a product.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, class Class, name string, o ApplyOptions) (Change, error) {
	it := item{class: class, name: name, scope: scope, placed: unplaced}
	if err := s.mayChange(ctx, it); err != nil {
		return Change{}, err
	}
	change := Change{Class: class, Name: name, Project: scope.Project, Stage: scope.Stage, Outcome: Deleted}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.remove(ctx, it, &application{s: s, o: o}, &change); err != nil {
			return err
		}
		if o.DryRun {
			return errDry
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: factOf(class, "deleted"), Scope: scope, Subject: name})
	})
	if errors.Is(err, errDry) {
		return change, nil
	}
	if err != nil {
		return change, err
	}
	s.renew(ctx)
	changes := []Change{change}
	s.carry(ctx, []item{it}, changes)
	return changes[0], nil
}

func unplaced(err error) error { return err }

func (s *Service) remove(ctx context.Context, it item, a *application, change *Change) error {
	if it.class == ClassRoute {
		r, had, err := s.routeIn(ctx, it.scope, it.name)
		if err != nil {
			return err
		}
		if !had {
			return none(it.scope, ClassRoute, it.name)
		}
		if err := a.owned(it, r.Owner, change); err != nil {
			return err
		}
		change.Kind = gatewaydoc.KindRoute
		return s.Store.Delete(ctx, it.scope, it.name)
	}
	list := s.PolicyStore.Policies
	if it.class == ClassProduct {
		if s.Products == nil {
			return none(it.scope, ClassProduct, it.name)
		}
		list = s.ProductStore.Products
	}
	all, err := list(ctx, it.scope)
	if err != nil {
		return err
	}
	p, had := named(all, it.name)
	if !had {
		return none(it.scope, it.class, it.name)
	}
	if err := a.owned(it, p.Owner, change); err != nil {
		return err
	}
	change.Kind = p.Kind
	if it.class == ClassProduct {
		return s.removeProduct(ctx, it)
	}
	return s.PolicyStore.DeletePolicy(ctx, it.scope, it.name)
}
