package secret

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// The ways to mark versions, by what happens to them.
const (
	Deleted   = "secret.version_deleted"
	Undeleted = "secret.version_undeleted"
	Destroyed = "secret.version_destroyed"
)

// Mark deletes versions so that it can be taken back, takes that back, or destroys their
// values for ever, for an actor with secret.write. No version is the newest. Versions that
// there are not are passed by.
func (s *Service) Mark(ctx context.Context, scope kernel.Scope, name, how string, versions ...int) error {
	return s.mark(ctx, scope, name, how, versions, func(context.Context) error { return nil })
}

// MarkEach is Mark, and refuses all where there is not one of the versions, or where nothing
// brings it back.
func (s *Service) MarkEach(ctx context.Context, scope kernel.Scope, name, how string, versions ...int) error {
	return s.mark(ctx, scope, name, how, versions, func(ctx context.Context) error {
		there, err := s.Store.Versions(ctx, scope, name)
		if err != nil {
			return err
		}
		for _, v := range versions {
			i := slices.IndexFunc(there, func(i Info) bool { return i.Version == v })
			if i < 0 {
				return kernel.Errorf(kernel.NotFound, "version %d of secret %s does not exist", v, name).WithFix("see terrace secret history %s --stage %s", name, scope.Stage)
			}
			if how == Undeleted && there[i].Destroyed {
				return gone(there[i])
			}
		}
		return nil
	})
}

// gone is the refusal to take back what is destroyed.
func gone(i Info) error {
	anew := secretref.Reference{Name: i.Name}
	if i.Fields {
		anew.Key = "KEY"
	}
	return kernel.Errorf(kernel.Refused, "version %d of secret %s is destroyed, and nothing brings it back", i.Version, i.Name).WithFix("write the value anew: %s", anew.Command(i.Stage))
}

func (s *Service) mark(ctx context.Context, scope kernel.Scope, name, how string, versions []int, check func(ctx context.Context) error) error {
	if err := s.Authorizer.Authorize(ctx, "secret.write", scope); err != nil {
		return err
	}
	versions = slices.Sorted(slices.Values(versions))
	var at time.Time
	if how == Deleted {
		at = s.Clock.Now()
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		current, err := s.Store.Current(ctx, scope, name)
		if err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
		if len(versions) == 0 {
			versions = []int{current.Version}
		}
		if err := s.Store.Mark(ctx, scope, name, versions, at, how == Destroyed); err != nil {
			return err
		}
		switch how {
		case Destroyed:
			if err := s.known().Forget(ctx, scope, name, versions...); err != nil {
				return err
			}
		case Undeleted:
			s.changes(ctx, scope, name)
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: how, Scope: scope, Subject: name, Data: map[string]any{"versions": versions}})
	})
}
