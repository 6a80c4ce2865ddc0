package factor

import (
	"context"
	"encoding/base64"
	"encoding/json"

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

// ask seals what belongs to a question.
func (s *Service) ask(ctx context.Context, use string, options any, p pending) (Ask, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return Ask{}, kernel.Errorf(kernel.Internal, "%s: %w", use, err)
	}
	challenge, err := s.sealPending(ctx, use, p)
	return Ask{Options: string(raw), Challenge: challenge}, err
}
