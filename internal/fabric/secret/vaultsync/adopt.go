package vaultsync

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Adopt decides for the side that counts, for one secret that is in conflict or has
// drifted, and for an actor who may set the sync: whatever the other side has is replaced.
func (s *Service) Adopt(ctx context.Context, scope kernel.Scope, name, reason string) error {
	y, err := s.adopting(ctx, scope, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		i, err := s.Store.Item(ctx, scope, name)
		if kernel.Is(err, kernel.NotFound) {
			return kernel.Errorf(kernel.NotFound, "the sync of %s knows no secret %s", scope.Stage, name).
				WithFix("see which there are with: terrace secret sync show --stage %s", scope.Stage)
		}
		if err != nil {
			return err
		}
		if i.State != Conflict && i.State != Drifted {
			return kernel.Errorf(kernel.Refused, "secret %s is %s: there is nothing to decide", name, i.State).
				WithFix("see how it stands with: terrace secret sync show --stage %s", scope.Stage)
		}
		i.Adopted = true
		if err := s.Store.SaveItem(ctx, i); err != nil {
			return err
		}
		if _, err := s.Store.Touch(ctx, scope, name, s.Clock.Now()); err != nil {
			return err
		}
		db.AfterCommit(ctx, s.bell.Ring)
		f := fact(y, "secret.sync.adopted", name, nil)
		f.Reason = reason
		return s.Journal.Record(ctx, f)
	})
}

func (s *Service) adopting(ctx context.Context, scope kernel.Scope, name string) (Sync, error) {
	if err := s.Authorizer.Authorize(ctx, actionSync, scope); err != nil {
		return Sync{}, err
	}
	y, err := s.find(ctx, scope)
	if err != nil {
		return y, err
	}
	if !secretref.ValidName(name) {
		return y, kernel.Errorf(kernel.Invalid, "%q is no name of a secret", name).WithFix("give the name that Terrace has for it, as `terrace secret sync show` lists it")
	}
	return y, s.may(ctx, scope, y.Direction)
}
