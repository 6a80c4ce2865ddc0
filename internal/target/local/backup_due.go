package local

import (
	"context"
	"errors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// BackUpDue makes the backups whose time has come, and removes those whose objects are no
// more for long. What cannot be done now is done the next time.
func (s *Service) BackUpDue(ctx context.Context) error {
	if s.config.BackupEvery <= 0 || s.config.Backups == nil {
		return nil
	}
	var errs []error
	err := s.config.Store.Keys(ctx, func(k Key) error {
		if _, ok := s.planes[k.Kind].(keeper); ok {
			errs = append(errs, s.backUpWhenDue(kernel.WithActor(ctx, kernel.System(component, k.Scope.Tenant)), k))
		}
		return ctx.Err()
	})
	return errors.Join(append(errs, err, s.dropOrphans(ctx))...)
}

func (s *Service) backUpWhenDue(ctx context.Context, k Key) error {
	newest, err := s.config.Backups.List(ctx, k.Scope, BackupFilter{Kind: k.Kind, Name: k.Name}, kernel.Reach{All: true}, kernel.PageRequest{Limit: 1})
	if err != nil {
		return err
	}
	if len(newest.Items) > 0 && s.config.Clock.Now().Before(newest.Items[0].CreatedAt.Add(s.config.BackupEvery)) {
		return nil
	}
	_, err = s.backUp(ctx, k)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid) {
		return nil // it was removed meanwhile, or is one that keeps nothing
	}
	return err
}

// dropOrphans removes old backups of what is no more.
func (s *Service) dropOrphans(ctx context.Context) error {
	old, err := s.config.Backups.Older(ctx, s.config.Clock.Now().Add(-orphanLife), kernel.MaxPageSize)
	for _, b := range old {
		if err != nil {
			break
		}
		var o *Object
		if o, err = s.recorded(ctx, b.Of); err == nil && o == nil {
			err = s.config.Backups.Drop(ctx, b)
		}
	}
	return err
}
