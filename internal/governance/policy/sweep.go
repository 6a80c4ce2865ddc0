package policy

import (
	"context"
	"errors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Sweep warns of exemptions that expire soon, and ends those that have.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	due, err := s.Store.DueExemptions(ctx, now)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range due {
		if !now.Before(e.ExpiresAt) {
			failed = errors.Join(failed, s.expire(ctx, e))
			continue
		}
		if e.Status == Approved && e.WarnedAt == nil {
			e.WarnedAt = &now
			failed = errors.Join(failed, s.note(ctx, e, factExpiring))
		}
	}
	return failed
}

// expire ends an exemption for ever.
func (s *Service) expire(ctx context.Context, e Exemption) error {
	now := s.Clock.Now()
	e.Status, e.ExpiredAt = Expired, &now
	return s.note(ctx, e, factExpired)
}

// note saves what time did to an exemption, unless somebody else just did.
func (s *Service) note(ctx context.Context, e Exemption, fact string) error {
	ctx = kernel.WithActor(ctx, kernel.System("policies", e.Scope.Tenant))
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.save(ctx, e, fact) })
	if kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
}
