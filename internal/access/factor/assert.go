package factor

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// AskAnybody returns what to ask a browser for a passkey of whoever has one: it names
// nobody, so that it tells nobody who has.
func (s *Service) AskAnybody(ctx context.Context, browser string) (Ask, error) {
	if err := s.available(); err != nil {
		return Ask{}, err
	}
	assertion, session, err := s.keys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ask{}, kernel.Errorf(kernel.Internal, "ask for a passkey: %w", err)
	}
	return s.ask(ctx, useSignIn, assertion.Response, pending{Browser: browser, Passkey: session})
}

// AskFor returns what to ask a browser for a passkey of somebody.
func (s *Service) AskFor(ctx context.Context, who kernel.Actor, browser string) (Ask, error) {
	if err := s.available(); err != nil {
		return Ask{}, err
	}
	h, err := s.holderOf(ctx, who)
	if err != nil {
		return Ask{}, err
	}
	assertion, session, err := s.keys.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ask{}, kernel.Errorf(kernel.Internal, "ask for a passkey: %w", err)
	}
	return s.ask(ctx, useStep, assertion.Response, pending{Tenant: who.Tenant, User: who.ID, Browser: browser, Passkey: session})
}

// ProveAnybody returns whom the answer to AskAnybody proves. The error is Unauthenticated for one that proves nobody, whoever it names.
func (s *Service) ProveAnybody(ctx context.Context, browser, challenge, answer string) (kernel.Actor, error) {
	p, err := s.openPending(ctx, useSignIn, challenge, kernel.Actor{}, browser)
	if err != nil {
		return kernel.Actor{}, err
	}
	parsed, err := parseAnswer(answer)
	if err != nil {
		return kernel.Actor{}, err
	}
	f, err := s.Store.ByCredential(ctx, credentialID(parsed.RawID))
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Actor{}, noPasskey()
	}
	if err != nil {
		return kernel.Actor{}, err
	}
	who, err := s.Users.Acting(ctx, f.Tenant, f.UserID)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return kernel.Actor{}, noPasskey()
	}
	if err != nil {
		return kernel.Actor{}, err
	}
	return who, s.prove(ctx, who, f, p, func(h holder) (*webauthn.Credential, error) {
		_, key, err := s.keys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			if string(handle) != who.ID {
				return nil, noPasskey()
			}
			return h, nil
		}, *p.Passkey, parsed)
		return key, err
	})
}

// ProvePasskey checks the answer to AskFor, and returns the methods that it proves.
func (s *Service) ProvePasskey(ctx context.Context, who kernel.Actor, browser, challenge, answer string) ([]string, error) {
	return KeyMethods(), s.provePasskey(ctx, who, browser, challenge, answer)
}

func (s *Service) provePasskey(ctx context.Context, who kernel.Actor, browser, challenge, answer string) error {
	p, err := s.openPending(ctx, useStep, challenge, who, browser)
	if err != nil {
		return err
	}
	parsed, err := parseAnswer(answer)
	if err != nil {
		return err
	}
	f, err := s.Store.ByCredential(ctx, credentialID(parsed.RawID))
	if kernel.Is(err, kernel.NotFound) || err == nil && (f.Tenant != who.Tenant || f.UserID != who.ID) {
		return noPasskey()
	}
	if err != nil {
		return err
	}
	return s.prove(ctx, who, f, p, func(h holder) (*webauthn.Credential, error) { return s.keys.ValidateLogin(h, *p.Passkey, parsed) })
}

// prove has the library check an answer, and keeps that the passkey was used.
func (s *Service) prove(ctx context.Context, who kernel.Actor, f Factor, p pending, check func(holder) (*webauthn.Credential, error)) error {
	h, err := s.holderOf(ctx, who)
	if err != nil {
		return err
	}
	if s.keys == nil || p.Passkey == nil {
		return noPasskey()
	}
	key, err := check(h)
	if err != nil {
		s.Log.WarnContext(ctx, "a passkey was refused", slog.String("tenant", who.Tenant), slog.String("user", who.Name), slog.String("error", err.Error()))
		return noPasskey()
	}
	if key.Authenticator.CloneWarning || !f.SuspectAt.IsZero() {
		return s.suspect(ctx, who, f, p)
	}
	seen := f.Count
	if f.Data, err = json.Marshal(key); err != nil {
		return kernel.Errorf(kernel.Internal, "keep a passkey: %w", err)
	}
	f.Count, f.LastUsedAt = int64(key.Authenticator.SignCount), s.Clock.Now()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.spend(ctx, p); err != nil {
			return err
		}
		return s.Store.UseFactor(ctx, f, seen)
	})
	if kernel.Is(err, kernel.Stale) {
		return noPasskey()
	}
	return err
}

// suspect refuses a passkey whose counter went back, from now on: there may be a copy. An
// answer that came before says nothing: its counter is the same.
func (s *Service) suspect(ctx context.Context, who kernel.Actor, f Factor, p pending) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.spend(ctx, p); err != nil {
			return err
		}
		if f.SuspectAt.IsZero() {
			f.SuspectAt = s.Clock.Now()
			if err := s.Store.UseFactor(ctx, f, f.Count); err != nil {
				return err
			}
		}
		return s.record(ctx, who, "factor.refused", f.ID, map[string]any{"kind": f.Kind, "why": "its counter went back: there may be a copy of it"})
	})
	if err != nil && !kernel.Is(err, kernel.Stale) {
		return err
	}
	return kernel.Errorf(kernel.Unauthenticated, "the passkey %q is refused: its counter went back, so there may be a copy of it", f.Name).
		WithFix("sign in in another way, and remove it")
}

// KeyMethods are what a passkey proves that verifies who uses it: it is two factors.
func KeyMethods() []string { return []string{methodKey, methodMulti} }

func noPasskey() error {
	return kernel.Errorf(kernel.Unauthenticated, "this passkey signs nobody in here")
}

func parseAnswer(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > maxAnswer || strings.TrimSpace(answer) == "" {
		return nil, noPasskey()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil || len(parsed.RawID) == 0 {
		return nil, noPasskey()
	}
	return parsed, nil
}
