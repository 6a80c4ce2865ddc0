package upstream

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Secrets has what references stand for. It decides by the actor of the context.
type Secrets interface {
	// Locate splits the path of a reference that stands in a tenant: PROJECT/STAGE/NAME.
	Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error)
	// Check tells whether the actor could have the value, and of which version it is.
	Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error)
	// Resolve returns the value, and records that it was read.
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
}

// SecretReference stands for a client's secret.
type SecretReference struct {
	Reference string `json:"reference"`
	// By is who has written it: the value is read with what that actor may do.
	By kernel.Actor `json:"by"`
}

// read are what references meant when they were read last, by upstream. They are in memory
// alone, so that a version is read once and not at each sign-in.
type read struct {
	mu sync.Mutex
	of map[string]readSecret
}

type readSecret struct {
	reference, value string
	version          int
}

// refer keeps a reference in place of a client's secret, where the actor of ctx may read
// what it means.
func (s *Service) refer(ctx context.Context, u *Upstream, text string) error {
	if s.Secrets == nil {
		return secretProblem("there is no store of secrets that a reference could be to", "give the secret itself")
	}
	scope, ref, err := s.located(*u, text)
	if err != nil {
		return secretProblem(err.Error(), "write ${secret:PROJECT/STAGE/NAME}")
	}
	if _, err := s.Secrets.Check(ctx, scope, ref); err != nil {
		return err
	}
	by, _ := kernel.ActorFrom(ctx) // it was authorised
	u.Secret, u.SecretFrom = nil, &SecretReference{Reference: text, By: by}
	return nil
}

func secretProblem(message, fix string) error {
	return kernel.Errorf(kernel.Invalid, "the upstream cannot be used").WithProblems(kernel.Problem{Path: "clientSecret", Message: message, Fix: fix})
}

func (s *Service) located(u Upstream, text string) (kernel.Scope, secretref.Reference, error) {
	ref, _, err := secretref.Whole(text)
	if err != nil {
		return kernel.Scope{}, ref, err
	}
	return s.Secrets.Locate(kernel.Scope{Tenant: u.Tenant}, ref)
}

// referred returns the client's secret that a reference means, read with what its writer
// may do now.
func (s *Service) referred(ctx context.Context, u Upstream) (string, error) {
	from := *u.SecretFrom
	value, err := s.readReference(kernel.WithActor(ctx, from.By), u, from.Reference)
	if err != nil {
		s.Log.WarnContext(ctx, "the client secret of an upstream cannot be read", "tenant", u.Tenant, "upstream", u.Name, "reference", from.Reference, "error", err)
		return "", unreadable{u.Name, err}
	}
	return value, nil
}

// unreadable says that a client's secret cannot be read. Who signs in is told no more; the
// cause is for admins.
type unreadable struct {
	upstream string
	cause    error
}

// Error implements error.
func (e unreadable) Error() string {
	return "the client secret of " + e.upstream + ": " + e.cause.Error()
}

// Unwrap returns what people are told.
func (e unreadable) Unwrap() error {
	return kernel.Errorf(kernel.Unavailable, "nobody can sign in there at present: what Terrace is known by cannot be read").
		WithFix("an admin sees why with: terrace auth upstream check %s", e.upstream)
}

func (s *Service) readReference(ctx context.Context, u Upstream, text string) (string, error) {
	scope, ref, err := s.located(u, text)
	if err != nil {
		return "", err
	}
	version, err := s.Secrets.Check(ctx, scope, ref)
	if err != nil {
		return "", err
	}
	s.read.mu.Lock()
	held, known := s.read.of[u.ID]
	s.read.mu.Unlock()
	if known && held.reference == text && held.version == version {
		return held.value, nil
	}
	value, version, err := s.Secrets.Resolve(secretref.ReadFor(ctx, "sign-in provider "+u.Name), scope, ref)
	if err != nil {
		return "", err
	}
	s.read.mu.Lock()
	defer s.read.mu.Unlock()
	s.read.of[u.ID] = readSecret{reference: text, value: value, version: version}
	return value, nil
}
