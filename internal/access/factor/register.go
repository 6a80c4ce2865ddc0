package factor

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/terrace-idp/terrace/internal/kernel"
)

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
