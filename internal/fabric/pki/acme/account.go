package acme

import (
	"context"
	"encoding/json"
	"net/mail"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	maxContacts = 10
	maxContact  = 320
)

// Binding is what a client sends to bind an account to a key (RFC 8555 §7.3.4).
type Binding struct {
	Key string
	// Verify tells whether the message was made with the secret.
	Verify func(secret []byte) bool
	// Raw is the message.
	Raw json.RawMessage
}

// NewAccount is what a client asks for (RFC 8555 §7.3).
type NewAccount struct {
	JWK        json.RawMessage
	Thumbprint string
	Contact    []string
	Agreed     bool
	// Existing asks for none to be made.
	Existing bool
	Binding  *Binding
}

// Register returns the account of a key, which is made where there is none.
func (s *Service) Register(ctx context.Context, n NewAccount) (a Account, made bool, err error) {
	a, err = s.Accounts.AccountByKey(ctx, n.Thumbprint)
	switch {
	case err == nil && a.Status != Valid:
		return a, false, Problemf(Unauthorized, "the account of this key is %s", a.Status)
	case err == nil:
		return a, false, nil
	case !kernel.Is(err, kernel.NotFound):
		return a, false, err
	case n.Existing:
		return a, false, Problemf(AccountDoesNotExist, "there is no account of this key")
	case s.Terms != "" && !n.Agreed:
		return a, false, Problemf(UserActionRequired, "the terms of service at %s have to be agreed to", s.Terms)
	}
	if err := checkContacts(n.Contact); err != nil {
		return a, false, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		a, err = s.register(ctx, n)
		return err
	})
	if kernel.Is(err, kernel.Conflict) { // another request with the same key was first
		n.Existing = true
		return s.Register(ctx, n)
	}
	return a, err == nil, err
}

func (s *Service) register(ctx context.Context, n NewAccount) (Account, error) {
	a := Account{
		ID: kernel.NewID("acct"), Status: Valid, Contact: n.Contact, JWK: n.JWK, Thumbprint: n.Thumbprint, Agreed: n.Agreed, CreatedAt: s.Clock.Now(),
	}
	if err := s.bind(ctx, n.Binding, &a); err != nil {
		return a, err
	}
	if err := s.Accounts.InsertAccount(ctx, a); err != nil {
		return a, err
	}
	return a, s.Journal.Record(acting(ctx, a), kernel.Fact{
		Type: "acme-account.created", Scope: a.Scope, Subject: a.ID, Data: map[string]any{"key": a.ExternalKey, "thumbprint": a.Thumbprint},
	})
}

// bind finds the scope of a new account.
func (s *Service) bind(ctx context.Context, b *Binding, a *Account) error {
	if b == nil {
		return s.unbound(ctx, a)
	}
	k, err := s.boundBy(ctx, b)
	if err != nil {
		return err
	}
	n, err := s.Accounts.CountAccounts(ctx, k.ID, time.Time{})
	if err != nil {
		return err
	}
	if n >= s.Limits.AccountsOfKey {
		return limited(0, "the external account key %s binds %d accounts, which is all that one may: make another key", k.ID, n)
	}
	a.Scope, a.ExternalKey, a.Binding = k.Scope, k.ID, b.Raw
	return nil
}

func (s *Service) unbound(ctx context.Context, a *Account) error {
	if s.Open == nil {
		return Problemf(ExternalAccountRequired, "accounts are made with an external account key here: have one made with: terrace acme key create")
	}
	n, err := s.Accounts.CountAccounts(ctx, "", a.CreatedAt.Add(-time.Hour))
	if err != nil {
		return err
	}
	if n >= s.Limits.OpenAccounts {
		return limited(time.Hour, "%d accounts without an external account key were made within an hour", n)
	}
	a.Scope = *s.Open
	return nil
}

// boundBy returns the key that a binding was made with. Of what is wrong with it nothing is
// told but that it does not count.
func (s *Service) boundBy(ctx context.Context, b *Binding) (Key, error) {
	refused := Problemf(Unauthorized, "the external account key is none that counts, or the binding was not made with it")
	k, err := s.Keys.Key(ctx, "", b.Key)
	if kernel.Is(err, kernel.NotFound) {
		return k, refused
	}
	if err != nil {
		return k, err
	}
	secret, err := s.Sealer.Open(ctx, k.Sealed, Associated(k.Scope.Tenant, k.ID))
	if err != nil {
		return k, err
	}
	defer clear(secret)
	over := !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(s.Clock.Now())
	if !b.Verify(secret) || over || !k.RevokedAt.IsZero() {
		return k, refused
	}
	return k, nil
}

// Account returns an account, and AccountDoesNotExist for none; one that is not valid is
// Unauthorized.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	a, err := s.Accounts.Account(ctx, id)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return a, Problemf(AccountDoesNotExist, "there is no such account")
	case err != nil:
		return a, err
	case a.Status != Valid:
		return a, Problemf(Unauthorized, "the account is %s", a.Status)
	}
	return a, nil
}

// Update changes whom an account names to be told; nil leaves it.
func (s *Service) Update(ctx context.Context, id string, contact *[]string) (a Account, err error) {
	if contact == nil {
		return s.Account(ctx, id)
	}
	if err := checkContacts(*contact); err != nil {
		return Account{}, err
	}
	return s.alter(ctx, id, "acme-account.changed", func(_ context.Context, a *Account) error {
		a.Contact = *contact
		return nil
	})
}

// Deactivate ends an account (RFC 8555 §7.3.6).
func (s *Service) Deactivate(ctx context.Context, id string) (Account, error) {
	return s.alter(ctx, id, "acme-account.deactivated", func(_ context.Context, a *Account) error {
		a.Status = Deactivated
		return nil
	})
}

// Rollover has an account have another key (RFC 8555 §7.3.5). Where that is another account's,
// it is returned beside the problem.
func (s *Service) Rollover(ctx context.Context, id, from string, jwk json.RawMessage, thumbprint string) (Account, error) {
	var other Account
	a, err := s.alter(ctx, id, "acme-account.rekeyed", func(ctx context.Context, a *Account) error {
		if a.Thumbprint != from {
			return Problemf(Malformed, "the old key is not that of the account")
		}
		var err error
		if other, err = s.Accounts.AccountByKey(ctx, thumbprint); err == nil {
			p := Problemf(Malformed, "the new key is that of an account already")
			p.Status = 409
			return p
		} else if !kernel.Is(err, kernel.NotFound) {
			return err
		}
		a.JWK, a.Thumbprint = jwk, thumbprint
		return nil
	})
	if other.ID != "" {
		return other, err
	}
	return a, err
}

// alter changes a valid account, and records it.
func (s *Service) alter(ctx context.Context, id, fact string, do func(ctx context.Context, a *Account) error) (a Account, err error) {
	err = s.change(ctx, func(ctx context.Context) error {
		if a, err = s.Account(ctx, id); err != nil {
			return err
		}
		if err := do(ctx, &a); err != nil {
			return err
		}
		if err := s.Accounts.SaveAccount(ctx, a); err != nil {
			return err
		}
		return s.Journal.Record(acting(ctx, a), kernel.Fact{
			Type: fact, Scope: a.Scope, Subject: a.ID, Data: map[string]any{"key": a.ExternalKey, "thumbprint": a.Thumbprint},
		})
	})
	return a, err
}

// checkContacts takes addresses of mail alone (RFC 6068, without its fields).
func checkContacts(all []string) error {
	if len(all) > maxContacts {
		return Problemf(InvalidContact, "there are %d contacts: %d are possible", len(all), maxContacts)
	}
	for _, c := range all {
		address, isMail := strings.CutPrefix(c, "mailto:")
		switch {
		case len(c) > maxContact:
			return Problemf(InvalidContact, "a contact has more than %d characters", maxContact)
		case !isMail:
			return Problemf(UnsupportedContact, "contacts are of the form mailto:ada@example.com")
		}
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address || strings.ContainsAny(address, "?,") {
			return Problemf(InvalidContact, "%q is no address of mail", address)
		}
	}
	return nil
}
