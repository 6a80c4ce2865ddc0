package secret

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// DefaultVersions is how many versions are kept where nothing else is said.
	DefaultVersions = 10
	// MaxVersions bounds how many may be kept of one secret.
	MaxVersions = 1000
	// maxCustom and maxCustomText bound the words that people put beside a secret.
	maxCustom, maxCustomText = 64, 512
)

// Metadata is what is said of a secret as a whole.
type Metadata struct {
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// Current is the number of the newest version that there was.
	Current int `json:"current"`
	// CASRequired has writes say which version they have seen.
	CASRequired bool `json:"casRequired"`
	// MaxVersions is how many are kept, 0 for DefaultVersions.
	MaxVersions int `json:"maxVersions"`
	// DeleteAfter is how long after they are written versions are deleted, 0 for never.
	DeleteAfter time.Duration     `json:"-"`
	Custom      map[string]string `json:"custom,omitempty"`
	CreatedAt   time.Time         `json:"createdAt"`
	UpdatedAt   time.Time         `json:"updatedAt"`
	// ReadAt is when a value was read last, as far as it is recorded.
	ReadAt      time.Time `json:"readAt,omitzero"`
	ReadBy      string    `json:"readBy,omitempty"`
	ReadByName  string    `json:"readByName,omitempty" doc:"What people called who read it; absent where that was not kept yet."`
	ReadVersion int       `json:"readVersion,omitempty"`
}

func (m Metadata) keeps() int {
	if m.MaxVersions == 0 {
		return DefaultVersions
	}
	return m.MaxVersions
}

func (m Metadata) check() error {
	var problems []kernel.Problem
	if m.MaxVersions < 0 || m.MaxVersions > MaxVersions {
		problems = append(problems, kernel.Problem{Path: "max_versions", Message: "this is out of bounds", Fix: "use 0 to 1000"})
	}
	if m.DeleteAfter < 0 {
		problems = append(problems, kernel.Problem{Path: "delete_version_after", Message: "this is less than nothing", Fix: "use 0s for never"})
	}
	if len(m.Custom) > maxCustom {
		problems = append(problems, kernel.Problem{Path: "custom_metadata", Message: "there are more than 64 keys"})
	}
	for k, v := range m.Custom {
		if len(k) == 0 || len(k) > maxCustomText || len(v) > maxCustomText {
			problems = append(problems, kernel.Problem{Path: "custom_metadata", Message: "a key or a text has more than 512 bytes, or none"})
			break // one says it of all
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "this cannot be said of secret %s", m.Name).WithProblems(problems...)
}

// History keeps what Store needs of versions that are not the newest.
type History interface {
	// Version returns one version, or NotFound.
	Version(ctx context.Context, scope kernel.Scope, name string, version int) (Version, error)
	// Versions returns all there are, the oldest first; NotFound for none.
	Versions(ctx context.Context, scope kernel.Scope, name string) ([]Info, error)
	// Mark deletes versions at a time, takes that back for the zero time, or destroys them.
	Mark(ctx context.Context, scope kernel.Scope, name string, versions []int, deletedAt time.Time, destroy bool) error
	// Prune removes versions up to one.
	Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error
	// Metadata returns what is said of a secret, or NotFound.
	Metadata(ctx context.Context, scope kernel.Scope, name string) (Metadata, error)
	PutMetadata(ctx context.Context, m Metadata) error
	// Names returns names in the scope that begin with a prefix and come after one: of
	// secrets in a stage, else of stages or projects, of what is reached.
	Names(ctx context.Context, scope kernel.Scope, within kernel.Reach, prefix, after string, limit int) ([]string, error)
}

// Metadata tells what is said of a secret and its versions, to an actor with secret.list.
func (s *Service) Metadata(ctx context.Context, scope kernel.Scope, name string) (Metadata, []Info, error) {
	if err := s.Authorizer.Authorize(ctx, "secret.list", scope); err != nil {
		return Metadata{}, nil, err
	}
	m, err := s.metadata(ctx, scope, name)
	if err != nil {
		return m, nil, err
	}
	versions, err := s.Store.Versions(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return m, nil, nil
	}
	return m, versions, err
}

// metadata returns what is said of a secret, also of one from before that was kept.
func (s *Service) metadata(ctx context.Context, scope kernel.Scope, name string) (Metadata, error) {
	m, err := s.Store.Metadata(ctx, scope, name)
	if !kernel.Is(err, kernel.NotFound) {
		return m, err
	}
	versions, err := s.Store.Versions(ctx, scope, name)
	if err != nil {
		return m, err
	}
	first, last := versions[0], versions[len(versions)-1]
	// All versions from before are kept.
	return Metadata{
		Scope: scope, Name: name, Current: last.Version, MaxVersions: min(max(last.Version, DefaultVersions), MaxVersions),
		CreatedAt: first.CreatedAt, UpdatedAt: last.CreatedAt,
	}, nil
}

// Configure changes what is said of a secret, for an actor with secret.write; of one that is
// not there yet it may be said before it has a value.
func (s *Service) Configure(ctx context.Context, scope kernel.Scope, name string, change func(m *Metadata) error) error {
	if err := s.checkWrite(ctx, scope); err != nil {
		return err
	}
	if err := checkName(scope, name); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		m, err := s.metadata(ctx, scope, name)
		if kernel.Is(err, kernel.NotFound) {
			m, err = Metadata{Scope: scope, Name: name, CreatedAt: s.Clock.Now()}, nil
		}
		if err != nil {
			return err
		}
		if err := change(&m); err != nil {
			return err
		}
		if err := m.check(); err != nil {
			return err
		}
		m.UpdatedAt = s.Clock.Now()
		if err := s.Store.PutMetadata(ctx, m); err != nil {
			return err
		}
		if err := s.prune(ctx, scope, name, m.Current-m.keeps()); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "secret.described", Scope: scope, Subject: name, Data: map[string]any{
			"maxVersions": m.MaxVersions, "casRequired": m.CASRequired, "deleteAfter": m.DeleteAfter.String(), "custom": slices.Sorted(maps.Keys(m.Custom)),
		}})
	})
}

// keep adds a version, counts it, and removes those that are too many.
func (s *Service) keep(ctx context.Context, v Version) error {
	m, err := s.metadata(ctx, v.Scope, v.Name)
	if kernel.Is(err, kernel.NotFound) {
		m, err = Metadata{Scope: v.Scope, Name: v.Name, CreatedAt: v.CreatedAt}, nil
	}
	if err != nil {
		return err
	}
	if m.DeleteAfter > 0 {
		v.DeletedAt = v.CreatedAt.Add(m.DeleteAfter)
	}
	if err := s.Store.Add(ctx, v); err != nil {
		return err
	}
	m.Current, m.UpdatedAt = v.Version, v.CreatedAt
	if err := s.Store.PutMetadata(ctx, m); err != nil {
		return err
	}
	return s.prune(ctx, v.Scope, v.Name, v.Version-m.keeps())
}

// prune removes versions up to one, and forgets their values.
func (s *Service) prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error {
	if upTo <= 0 {
		return nil
	}
	if err := s.Store.Prune(ctx, scope, name, upTo); err != nil {
		return err
	}
	return s.known().Prune(ctx, scope, name, upTo)
}

// Names lists names in a scope: of secrets in a stage, else of the stages or projects that
// have any, for an actor with secret.list.
func (s *Service) Names(ctx context.Context, scope kernel.Scope, prefix, after string, limit int) ([]string, error) {
	if scope.Project != "" {
		if err := s.Authorizer.Authorize(ctx, "secret.list", scope); err != nil {
			return nil, err
		}
	}
	within, err := s.Authorizer.Allowed(ctx, "secret.list", scope)
	if err != nil {
		return nil, err
	}
	return s.Store.Names(ctx, scope, within, prefix, after, limit)
}

// Remove is Delete for an actor with secret.write.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.Authorizer.Authorize(ctx, "secret.write", scope); err != nil {
		return err
	}
	return s.Delete(ctx, scope, name)
}
