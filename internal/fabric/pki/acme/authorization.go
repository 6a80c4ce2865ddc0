package acme

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Authorization returns an authorization of an account.
func (s *Service) Authorization(ctx context.Context, a Account, id string) (Authorization, error) {
	z, err := s.Authorizations.Authorization(ctx, id)
	if kernel.Is(err, kernel.NotFound) || err == nil && z.Account != a.ID {
		return Authorization{}, notFound("authorization")
	}
	return s.standing(z), err
}

// standing is an authorization as it is now.
func (s *Service) standing(z Authorization) Authorization {
	if (z.Status == Pending || z.Status == Valid) && !z.ExpiresAt.After(s.Clock.Now()) {
		if z.Status = Expired; z.Challenges != nil && z.processing() != nil {
			z.processing().Status = Invalid
		}
	}
	return z
}

// Respond says that a challenge is met (RFC 8555 §7.5.1). It is looked at soon; saying it again
// changes nothing.
func (s *Service) Respond(ctx context.Context, a Account, id, kind string) (z Authorization, err error) {
	err = s.change(ctx, func(ctx context.Context) error {
		if z, err = s.Authorization(ctx, a, id); err != nil {
			return err
		}
		c := z.Challenge(kind)
		switch {
		case c == nil:
			return notFound("challenge")
		case z.Status != Pending || c.Status != Pending || z.processing() != nil:
			return nil
		}
		c.Status, z.DueAt = Processing, s.Clock.Now()
		db.AfterCommit(ctx, s.bell.Ring)
		return s.Authorizations.SaveAuthorization(ctx, z)
	})
	return z, err
}

// DeactivateAuthorization gives an authorization up (RFC 8555 §7.5.2), and the order that waits
// for it.
func (s *Service) DeactivateAuthorization(ctx context.Context, a Account, id string) (z Authorization, err error) {
	err = s.change(ctx, func(ctx context.Context) error {
		if z, err = s.Authorization(ctx, a, id); err != nil {
			return err
		}
		if z.Status != Pending && z.Status != Valid {
			return Problemf(Malformed, "the authorization is %s", z.Status)
		}
		z.Status, z.DueAt = Deactivated, never()
		if err := s.Authorizations.SaveAuthorization(ctx, z); err != nil {
			return err
		}
		return s.settle(ctx, z, Problemf(Unauthorized, "the authorization of %s was deactivated", z.ordered()))
	})
	return z, err
}

// settle brings an order up to date with an authorization of it that has changed. Those of one
// order do so one after the other: the last one sees all others.
func (s *Service) settle(ctx context.Context, z Authorization, why *Problem) error {
	if err := s.Orders.HoldOrder(ctx, z.Order); err != nil {
		return err
	}
	o, err := s.Orders.Order(ctx, z.Order)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Status != Pending && o.Status != Ready {
		return nil
	}
	before := o.Status
	if z.Status != Valid {
		p := why.about(z.ordered())
		o.Status, o.Error = Invalid, &p
	} else if o.Status, err = s.allProven(ctx, o); err != nil {
		return err
	}
	if o.Status == before {
		return nil
	}
	if err := s.Orders.SaveOrder(ctx, o); err != nil || o.Status != Invalid {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{
		Type: "acme-order.failed", Scope: o.Scope, Subject: o.ID, Data: map[string]any{"account": o.Account, "names": o.names(), "name": z.ordered(), "problem": o.Error.Type},
	})
}

// allProven is Ready once every authorization of an order is valid.
func (s *Service) allProven(ctx context.Context, o Order) (Status, error) {
	all, err := s.Authorizations.AuthorizationsOf(ctx, o.ID)
	if err != nil {
		return o.Status, err
	}
	for _, z := range all {
		if z.Status != Valid {
			return Pending, nil
		}
	}
	return Ready, nil
}
