package secret

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a secret.
const (
	DefaultLength = 32
	MinLength     = 16
	MaxLength     = 1024
	MaxValue      = 64 << 10
)

// addAttempts bounds how often a version is made anew after a race.
const addAttempts = 3

// alphabet has 64 characters that need no escape in a URL, so that a random
// byte maps onto it without bias.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Info describes a secret's current version, without its value.
type Info struct {
	Scope   kernel.Scope `json:"-"`
	Name    string       `json:"name"`
	Stage   string       `json:"stage"`
	Version int          `json:"version"`
	// Generated tells that the value was made here, with Length characters.
	Generated bool      `json:"generated"`
	Length    int       `json:"length,omitempty"`
	CreatedBy string    `json:"updatedBy"`
	CreatedAt time.Time `json:"updatedAt"`
}

// Version is one sealed version of a secret.
type Version struct {
	Info

	Sealed []byte
}

// Store keeps sealed versions; secretsql implements it.
type Store interface {
	// Add keeps a version; one that is there already is a Conflict.
	Add(ctx context.Context, v Version) error
	// Current returns the newest version, or NotFound.
	Current(ctx context.Context, scope kernel.Scope, name string) (Version, error)
	// List returns the newest version of each secret, by stage and name.
	List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Info], error)
	// Delete removes every version; it reports whether there was one.
	Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error)
}

// Sealer encrypts values, bound to what they belong to.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
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
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
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
		if current != nil && current.Generated && current.Length == length {
			return nil, current.Info, true, nil
		}
		return generate(length), Info{Generated: true, Length: length}, false, nil
	})
}

// Rotate makes a new version with a generated value. The caller has checked
// that it may act for the scope.
func (s *Service) Rotate(ctx context.Context, scope kernel.Scope, name string) (Info, error) {
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

// Put keeps a given value as the newest version, for an actor with
// secret.write. The same value again makes no new version.
func (s *Service) Put(ctx context.Context, scope kernel.Scope, name, value string) (Info, error) {
	if err := s.Authorizer.Authorize(ctx, "secret.write", scope); err != nil {
		return Info{}, err
	}
	if value == "" || len(value) > MaxValue {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s: the value has %d bytes", name, len(value)).
			WithFix("give 1 to %d bytes", MaxValue)
	}
	return s.add(ctx, scope, name, func(ctx context.Context, current *Version) ([]byte, Info, bool, error) {
		if current != nil {
			plain, err := s.open(ctx, *current)
			if err != nil {
				return nil, Info{}, false, err
			}
			if subtle.ConstantTimeCompare(plain, []byte(value)) == 1 {
				return nil, current.Info, true, nil
			}
		}
		return []byte(value), Info{}, false, nil
	})
}

// Reveal returns the current value, for an actor with secret.read.
func (s *Service) Reveal(ctx context.Context, scope kernel.Scope, name string) (string, error) {
	if err := s.Authorizer.Authorize(ctx, "secret.read", scope); err != nil {
		return "", err
	}
	v, err := s.Store.Current(ctx, scope, name)
	if err != nil {
		return "", err
	}
	plain, err := s.open(ctx, v)
	return string(plain), err
}

// Describe returns what is known of a secret but its value, or NotFound. The
// caller has checked that it may act for the scope.
func (s *Service) Describe(ctx context.Context, scope kernel.Scope, name string) (Info, error) {
	v, err := s.Store.Current(ctx, scope, name)
	return v.Info, err
}

// List describes the secrets of a stage, or of all stages of a project, for an
// actor with workload.read: names are part of what workloads say of themselves.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Info], error) {
	if err := s.Authorizer.Authorize(ctx, "workload.read", scope); err != nil {
		return kernel.Page[Info]{}, err
	}
	return s.Store.List(ctx, scope, page)
}

// Delete removes every version of a secret; what is not there is no error. The
// caller has checked that it may act for the scope.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := s.Store.Delete(ctx, scope, name)
		if err != nil || !found {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "secret.deleted", Scope: scope, Subject: name})
	})
}

// change decides on the next value from the current version, nil when there is
// none; keep leaves the secret as it is.
type change func(ctx context.Context, current *Version) (plain []byte, made Info, keep bool, err error)

func (s *Service) add(ctx context.Context, scope kernel.Scope, name string, next change) (Info, error) {
	if err := checkName(scope, name); err != nil {
		return Info{}, err
	}
	for attempt := 0; ; attempt++ {
		info, err := s.addOnce(ctx, scope, name, next)
		if attempt < addAttempts && kernel.Is(err, kernel.Conflict) {
			continue // another call has made this version at the same time
		}
		return info, err
	}
}

func (s *Service) addOnce(ctx context.Context, scope kernel.Scope, name string, next change) (Info, error) {
	var info Info
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		current, err := s.current(ctx, scope, name)
		if err != nil {
			return err
		}
		plain, made, keep, err := next(ctx, current)
		if err != nil || keep {
			info = made
			return err
		}
		made.Scope, made.Name, made.Stage, made.Version = scope, name, scope.Stage, 1
		if current != nil {
			made.Version = current.Version + 1
		}
		info, err = s.seal(ctx, made, plain)
		return err
	})
	return info, err
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

// seal keeps a version and records that it was made.
func (s *Service) seal(ctx context.Context, info Info, plain []byte) (Info, error) {
	if actor, ok := kernel.ActorFrom(ctx); ok {
		info.CreatedBy = actor.ID
	}
	info.CreatedAt = s.Clock.Now()
	sealed, err := s.Sealer.Seal(ctx, plain, associated(info))
	if err != nil {
		return Info{}, fmt.Errorf("seal secret %s: %w", info.Name, err)
	}
	if err := s.Store.Add(ctx, Version{Info: info, Sealed: sealed}); err != nil {
		return Info{}, err
	}
	return info, s.Journal.Record(ctx, kernel.Fact{
		Type: "secret.changed", Scope: info.Scope, Subject: info.Name,
		Data: map[string]any{"version": info.Version, "generated": info.Generated},
	})
}

func (s *Service) open(ctx context.Context, v Version) ([]byte, error) {
	plain, err := s.Sealer.Open(ctx, v.Sealed, associated(v.Info))
	if err != nil {
		return nil, fmt.Errorf("open secret %s version %d: %w", v.Name, v.Version, err)
	}
	return plain, nil
}

// associated binds a sealed value to its place, so that it opens nowhere else.
func associated(i Info) []byte {
	return []byte("secret/" + i.Scope.Tenant + "/" + i.Scope.Project + "/" + i.Scope.Stage + "/" + i.Name + "/" + strconv.Itoa(i.Version))
}

func generate(length int) []byte {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	for i := range b {
		b[i] = alphabet[b[i]&63]
	}
	return b
}

func notFound(name string) error {
	return kernel.Errorf(kernel.NotFound, "secret %s does not exist", name)
}

func checkName(scope kernel.Scope, name string) error {
	ok, err := regexp.MatchString(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`, name)
	if err != nil {
		return fmt.Errorf("secret name: %w", err)
	}
	if !ok {
		return kernel.Errorf(kernel.Invalid, "secret name %q is not valid", name).
			WithFix("use letters, digits, dots, hyphens and underscores, at most 253")
	}
	if scope.Tenant == "" || scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "secret %s: a secret belongs to a project", name)
	}
	return nil
}
