package config

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// touchInterval is how exact the last use of a token is.
const touchInterval = time.Minute

// Authenticate returns who a token stands for: an actor that may do nothing but read its
// own configuration.
func (s *Service) Authenticate(ctx context.Context, bearer string) (kernel.Actor, error) {
	t, err := s.Store.TokenByHash(ctx, hashOf(bearer))
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Actor{}, badToken()
	}
	if err == nil {
		err = t.lasts(s.Clock.Now())
	}
	if err != nil {
		return kernel.Actor{}, err
	}
	s.touch(ctx, t)
	return kernel.Actor{ID: t.ID, Name: "workload " + t.Workload, Kind: kernel.ActorService, Tenant: t.Scope.Tenant, Session: t.ID}, nil
}

// lasts refuses a token that has ended.
func (t Token) lasts(now time.Time) error {
	if t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt) {
		return nil
	}
	return kernel.Errorf(kernel.Unauthenticated, "the token ended at %s", t.ExpiresAt.Format(time.RFC3339)).WithFix("make another one with terrace config token create")
}

// stillOpens tells whether a token that something is watched with is still there, and lasts.
func (s *Service) stillOpens(ctx context.Context, t Token) error {
	t, err := s.Store.Token(ctx, t.Scope.Tenant, t.ID)
	if err != nil {
		return err
	}
	return t.lasts(s.Clock.Now())
}

// touch notes when a token was used. What cannot be noted stops nobody.
func (s *Service) touch(ctx context.Context, t Token) {
	now := s.Clock.Now()
	if now.Sub(t.LastUsedAt) < touchInterval {
		return
	}
	if err := s.Store.TouchToken(ctx, t, now); err != nil {
		s.Log.WarnContext(ctx, "the last use of a token was not noted", "token", t.ID, "error", err)
	}
}

func badToken() error {
	return kernel.Errorf(kernel.Unauthenticated, "the token is not valid").WithFix("make one with terrace config token create")
}

// bearer returns the token that the actor of ctx came by.
func (s *Service) bearer(ctx context.Context) (Token, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return Token{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("send the workload's token as Authorization: Bearer %s…", TokenPrefix)
	}
	if actor.Kind != kernel.ActorService || !strings.HasPrefix(actor.Session, "cfgt_") {
		return Token{}, kernel.Errorf(kernel.Denied, "this is for workloads, with a token of their own").
			WithFix("use terrace config get, or the operations below /projects/{project}/config")
	}
	t, err := s.Store.Token(ctx, actor.Tenant, actor.Session)
	if kernel.Is(err, kernel.NotFound) {
		return t, badToken()
	}
	return t, err
}

// bearerOfAll is bearer for what a token for flags alone does not open.
func (s *Service) bearerOfAll(ctx context.Context) (Token, error) {
	t, err := s.bearer(ctx)
	if err == nil && t.Opens == FlagsScope {
		err = kernel.Errorf(kernel.Denied, "this token is for flags alone, and opens no value").
			WithFix("evaluate flags at /ofrep/v1/evaluate/flags, or make a token with: terrace config token create %s --stage %s", t.Workload, t.Stage)
	}
	return t, err
}
