package vcs

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Secrets has what references stand for. It decides by the actor of the context.
type Secrets interface {
	// Locate splits the path of a reference that stands in a project: STAGE/NAME.
	Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error)
	// Check tells whether the actor could have the value, and of which version it is.
	Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error)
	// Resolve returns the value, and records that it was read.
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
}

// tokens are what references meant when they were read last, by repository and reference. They are in
// memory alone, so that a version is read once and not at each look at a provider.
type tokens struct {
	mu sync.Mutex
	of map[string]readToken
}

type readToken struct {
	value   string
	version int
}

// givenToken puts what was given as the token into the credentials: the token, or a
// reference to a secret that the actor of ctx may read.
func (s *Service) givenToken(ctx context.Context, c *Credentials, given string) error {
	c.Token, c.TokenBy = given, nil
	_, is, err := secretref.Whole(given)
	switch {
	case !is:
		return nil
	case err != nil:
		return kernel.Errorf(kernel.Invalid, "token: %w", err).WithFix("write ${secret:STAGE/NAME}")
	case s.Secrets == nil:
		return kernel.Errorf(kernel.Invalid, "token: there is no store of secrets that a reference could be to")
	}
	by, _ := kernel.ActorFrom(ctx) // it was authorised
	c.TokenBy = &by
	return nil
}

// signingIn returns the credentials with the token itself, read with what the writer of
// its reference may do now. They are never sealed.
func (s *Service) signingIn(ctx context.Context, r Repository, c Credentials) (Credentials, error) {
	if c.TokenBy == nil {
		return c, nil
	}
	ctx = kernel.WithActor(ctx, *c.TokenBy)
	value, err := s.readReference(ctx, r, c.Token)
	if err != nil {
		return c, kernel.Errorf(kernel.KindOf(err), "the token of repository %s: %w", r.Name, err).
			WithFix("whoever may read the secret writes the reference again with: terrace repo renew %s", r.Name)
	}
	c.Token, c.TokenBy = value, nil
	return c, nil
}

// givenHook puts what was given as the secret of webhooks into the credentials: a
// reference to a secret that the actor of ctx may read. "" has one made.
func (s *Service) givenHook(ctx context.Context, r Repository, c *Credentials, given string) error {
	c.HookReference, c.HookBy = "", nil
	if given == "" {
		return nil
	}
	_, is, err := secretref.Whole(given)
	switch {
	case !is:
		return kernel.Errorf(kernel.Invalid, "webhook secret: this is no reference to a secret").WithFix("write ${secret:STAGE/NAME}, or give none to have one made")
	case err != nil:
		return kernel.Errorf(kernel.Invalid, "webhook secret: %w", err).WithFix("write ${secret:STAGE/NAME}")
	case s.Secrets == nil:
		return kernel.Errorf(kernel.Invalid, "webhook secret: there is no store of secrets that a reference could be to")
	}
	by, _ := kernel.ActorFrom(ctx) // it was authorised
	c.HookReference, c.HookBy = given, &by
	_, err = s.signedWith(ctx, r, *c)
	return err
}

// signedWith returns the credentials with the secret that webhooks are signed with, read
// with what the writer of its reference may do now.
func (s *Service) signedWith(ctx context.Context, r Repository, c Credentials) (Credentials, error) {
	if c.HookBy == nil {
		return c, nil
	}
	value, err := s.readReference(kernel.WithActor(ctx, *c.HookBy), r, c.HookReference)
	if err == nil && len(value) < minHook {
		err = kernel.Errorf(kernel.Invalid, "it has less than %d bytes, and could be guessed", minHook)
	}
	if err != nil {
		return c, kernel.Errorf(kernel.KindOf(err), "the webhook secret of repository %s: %w", r.Name, err).
			WithFix("whoever may read the secret writes the reference again with: terrace repo renew %s --webhook-secret REFERENCE", r.Name)
	}
	c.Hook = value
	return c, nil
}

// minHook is how long a secret for webhooks is at least, in bytes.
const minHook = 16

func (s *Service) readReference(ctx context.Context, r Repository, reference string) (string, error) {
	ref, _, err := secretref.Whole(reference)
	if err != nil {
		return "", err
	}
	scope, ref, err := s.Secrets.Locate(r.Scope, ref)
	if err != nil {
		return "", err
	}
	version, err := s.Secrets.Check(ctx, scope, ref)
	if err != nil {
		return "", err
	}
	s.tokens.mu.Lock()
	held, known := s.tokens.of[r.ID+" "+reference]
	s.tokens.mu.Unlock()
	if known && held.version == version {
		return held.value, nil
	}
	value, version, err := s.Secrets.Resolve(secretref.ReadFor(ctx, "repository "+r.Name), scope, ref)
	if err != nil {
		return "", err
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.of[r.ID+" "+reference] = readToken{value: value, version: version}
	return value, nil
}
