package secret

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps sealed versions; secretsql implements it.
type Store interface {
	// Add keeps a version; one that is there already is a Conflict.
	Add(ctx context.Context, v Version) error
	// Current returns the newest version, deleted or not, or NotFound.
	Current(ctx context.Context, scope kernel.Scope, name string) (Version, error)
	// List returns the newest version of each secret within a reach, by stage and name.
	List(ctx context.Context, scope kernel.Scope, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Info], error)
	// Delete removes every version; it reports whether there was one.
	Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error)
	// Unknown returns versions, of all tenants, that are neither known nor destroyed, past
	// the first few.
	Unknown(ctx context.Context, past, limit int) ([]Version, error)
	// SetKnown marks a version as known, where it is there, and neither known nor destroyed.
	SetKnown(ctx context.Context, scope kernel.Scope, name string, version int) (there bool, err error)

	History
}

// Sealer encrypts values, bound to what they belong to.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's project that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Service keeps secrets.
type Service struct {
	Store      Store
	Sealer     Sealer
	Authorizer Authorizer
	Stages     Stages
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	// Changed is told of a secret that has got another value, once that is committed, so
	// that who was given the one before gets it; nil tells nobody. It must not wait.
	Changed func(scope kernel.Scope, name string)
	// Known is told of values, so that they are known again where they turn up; nil is not
	// told.
	Known Known

	reads reads
}

// Generate makes sure that the secret exists with a generated value of length
// characters (0 is DefaultLength). A secret that has one already keeps it;
// another length makes a new version. The caller has checked that it may act
// for the scope.
func (s *Service) Generate(ctx context.Context, scope kernel.Scope, name string, length int) (Info, error) {
	if length == 0 {
		length = DefaultLength
	}
	if length < MinLength || length > MaxLength {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s: length %d is out of bounds", name, length).
			WithFix("use %d to %d characters", MinLength, MaxLength)
	}
	return s.add(ctx, scope, name, func(_ context.Context, current *Version) (plain []byte, made Info, keep bool, err error) {
		if current != nil && current.Generated && current.Length == length && !current.Gone(s.Clock.Now()) {
			return nil, current.Info, true, nil
		}
		return generate(length), Info{Generated: true, Length: length}, false, nil
	})
}

// Rotate makes a new version with a generated value, for an actor with
// secret.write. It has as many characters as a generated one before it.
func (s *Service) Rotate(ctx context.Context, scope kernel.Scope, name string) (Info, error) {
	if err := s.checkWrite(ctx, scope); err != nil {
		return Info{}, err
	}
	return s.add(ctx, scope, name, func(_ context.Context, current *Version) ([]byte, Info, bool, error) {
		if current == nil {
			return nil, Info{}, false, notFound(name)
		}
		length := DefaultLength
		if current.Generated {
			length = current.Length
		}
		return generate(length), Info{Generated: true, Length: length}, false, nil
	})
}

// checkWrite refuses who may not write, and a stage that there is not: nobody
// would read its secret.
func (s *Service) checkWrite(ctx context.Context, scope kernel.Scope) error {
	if err := s.Authorizer.Authorize(ctx, "secret.write", scope); err != nil {
		return err
	}
	return s.Stages.Check(scope.Stage)
}

// Describe returns what is known of a secret but its value, or NotFound. The
// caller has checked that it may act for the scope.
func (s *Service) Describe(ctx context.Context, scope kernel.Scope, name string) (Info, error) {
	v, err := s.Store.Current(ctx, scope, name)
	return v.Info, err
}

// List describes the secrets of a stage, or of those stages of a project that the actor
// has secret.list for.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Info], error) {
	if err := s.Authorizer.Authorize(ctx, "secret.list", scope); err != nil {
		return kernel.Page[Info]{}, err
	}
	within, err := s.Authorizer.Allowed(ctx, "secret.list", scope)
	if err != nil {
		return kernel.Page[Info]{}, err
	}
	return s.Store.List(ctx, scope, within, page)
}

// Delete removes every version of a secret; what is not there is no error. The
// caller has checked that it may act for the scope.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := s.Store.Delete(ctx, scope, name)
		if err != nil || !found {
			return err
		}
		if err := s.known().Forget(ctx, scope, name); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "secret.deleted", Scope: scope, Subject: name})
	})
}
