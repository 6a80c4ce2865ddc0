package secret

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// addAttempts bounds how often a version is made anew after a race.
const addAttempts = 3

// change decides on the next value from the current version, nil when there is
// none; keep leaves the secret as it is.
type change func(ctx context.Context, current *Version) (plain []byte, made Info, keep bool, err error)

// add makes the next version, unless the change keeps the one that there is.
func (s *Service) add(ctx context.Context, scope kernel.Scope, name string, next change) (info Info, err error) {
	if err := checkName(scope, name); err != nil {
		return Info{}, err
	}
	err = raced(ctx, func() error {
		return s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
			info, err = s.addOnce(ctx, scope, name, next)
			return err
		})
	})
	return info, err
}

// raced does again what met another call that made the same version. A transaction that has
// met one is over: whoever began it does it again.
func raced(ctx context.Context, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		if !kernel.Is(err, kernel.Conflict) || attempt >= addAttempts || db.InTransaction(ctx) {
			return err
		}
	}
}

func (s *Service) addOnce(ctx context.Context, scope kernel.Scope, name string, next change) (Info, error) {
	current, err := s.current(ctx, scope, name)
	if err != nil {
		return Info{}, err
	}
	plain, made, keep, err := next(ctx, current)
	if err != nil || keep {
		return made, err
	}
	made.Scope, made.Name, made.Stage, made.Version = scope, name, scope.Stage, 1
	if current != nil {
		made.Version = current.Version + 1
	}
	made, err = s.seal(ctx, made, plain)
	if err == nil && current != nil {
		s.changes(ctx, scope, name)
	}
	return made, err
}

// changes tells of another value once the transaction of ctx is committed: before, whoever
// is told would read the one that there was.
func (s *Service) changes(ctx context.Context, scope kernel.Scope, name string) {
	if s.Changed != nil {
		db.AfterCommit(ctx, func() { s.Changed(scope, name) })
	}
}

func (s *Service) current(ctx context.Context, scope kernel.Scope, name string) (*Version, error) {
	v, err := s.Store.Current(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
