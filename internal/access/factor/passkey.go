package factor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Ask is what a page asks the keys of a browser.
type Ask struct {
	// Options are those of the Web Authentication API, as JSON.
	Options string
	// Challenge comes back with the answer.
	Challenge string
}

// maxAnswer bounds the answer of a key, in bytes.
const maxAnswer = 64 << 10

// holder is a person as the library sees them. The handle that keys keep of somebody is
// their id, which says nothing of them.
type holder struct {
	who  kernel.Actor
	keys []webauthn.Credential
}

// WebAuthnID implements webauthn.User, as the methods below do.
func (h holder) WebAuthnID() []byte { return []byte(h.who.ID) }

// WebAuthnName is what a person tells their passkeys apart by.
func (h holder) WebAuthnName() string { return h.who.Name + " (" + h.who.Tenant + ")" }

// WebAuthnDisplayName is the name of the person.
func (h holder) WebAuthnDisplayName() string { return h.who.Name }

// WebAuthnCredentials are their passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Service) holderOf(ctx context.Context, who kernel.Actor) (holder, error) {
	all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
	h := holder{who: who}
	for _, f := range all {
		if f.Kind != Passkey {
			continue
		}
		key, err := credentialOf(f)
		if err != nil {
			return h, err
		}
		h.keys = append(h.keys, key)
	}
	return h, err
}

// credentialOf reads a passkey. Its counter is the one that is compared in the database.
func credentialOf(f Factor) (key webauthn.Credential, err error) {
	if err := json.Unmarshal(f.Data, &key); err != nil {
		return key, kernel.Errorf(kernel.Internal, "the passkey %s is not readable: %w", f.ID, err)
	}
	key.Authenticator.SignCount = uint32(f.Count)
	return key, nil
}

func credentialID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// available refuses where there are no passkeys.
func (s *Service) available() error {
	if s.keys != nil {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "there are no passkeys for %s: browsers make them for names, and over TLS", s.Address).
		WithFix("have the daemon reached by a name, and set publicURL to it")
}

// AskNew returns what to ask a browser for another passkey of somebody.
func (s *Service) AskNew(ctx context.Context, who kernel.Actor, browser string) (Ask, error) {
	if err := s.available(); err != nil {
		return Ask{}, err
	}
	h, err := s.holderOf(ctx, who)
	if err != nil {
		return Ask{}, err
	}
	creation, session, err := s.keys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return Ask{}, kernel.Errorf(kernel.Internal, "begin a passkey: %w", err)
	}
	return s.ask(ctx, useRegister, creation.Response, pending{Tenant: who.Tenant, User: who.ID, Browser: browser, Passkey: session})
}

// ask seals what belongs to a question.
func (s *Service) ask(ctx context.Context, use string, options any, p pending) (Ask, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return Ask{}, kernel.Errorf(kernel.Internal, "%s: %w", use, err)
	}
	challenge, err := s.sealPending(ctx, use, p)
	return Ask{Options: string(raw), Challenge: challenge}, err
}

// AddPasskey keeps the passkey that answers AskNew.
func (s *Service) AddPasskey(ctx context.Context, who kernel.Actor, browser, challenge, answer, name string) (Factor, error) {
	if err := s.available(); err != nil {
		return Factor{}, err
	}
	if err := checkName(name); err != nil {
		return Factor{}, err
	}
	p, err := s.openPending(ctx, useRegister, challenge, who, browser)
	if err != nil {
		return Factor{}, err
	}
	key, err := s.created(who, p, answer)
	if err != nil {
		s.Log.WarnContext(ctx, "a passkey was not taken", slog.String("tenant", who.Tenant), slog.String("user", who.Name), slog.String("error", err.Error()))
		return Factor{}, kernel.Errorf(kernel.Invalid, "the passkey does not fit: it must be made in this page, on this address, and verify who you are").WithFix("try again")
	}
	raw, err := json.Marshal(key)
	if err != nil {
		return Factor{}, kernel.Errorf(kernel.Internal, "keep a passkey: %w", err)
	}
	f := Factor{Kind: Passkey, Name: name, Credential: credentialID(key.ID), Data: raw, Count: int64(key.Authenticator.SignCount)}
	return s.add(ctx, who, f, p)
}

func (s *Service) created(who kernel.Actor, p pending, answer string) (*webauthn.Credential, error) {
	if len(answer) > maxAnswer {
		return nil, kernel.Errorf(kernel.TooLarge, "the answer is too long")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, err
	}
	return s.keys.CreateCredential(holder{who: who}, *p.Passkey, parsed)
}

// add keeps a factor, once for what it was begun with.
func (s *Service) add(ctx context.Context, who kernel.Actor, f Factor, p pending) (Factor, error) {
	f.ID, f.Tenant, f.UserID, f.CreatedAt = kernel.NewID("fct"), who.Tenant, who.ID, s.Clock.Now()
	return f, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.spend(ctx, p); err != nil {
			return err
		}
		if err := s.Store.Hold(ctx, who.Tenant, who.ID); err != nil {
			return err
		}
		all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		if len(all) >= maxFactors {
			return kernel.Errorf(kernel.Refused, "nobody has more than %d factors", maxFactors).WithFix("remove one that you do not use")
		}
		if err := s.Store.AddFactor(ctx, f); err != nil {
			return err
		}
		return s.record(ctx, who, "factor.added", f.ID, map[string]any{"kind": f.Kind, "name": f.Name})
	})
}

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
