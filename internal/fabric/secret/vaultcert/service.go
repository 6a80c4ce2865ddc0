package vaultcert

import (
	"context"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that the service asks permission for, beside those of domains.
const (
	actionSee   = "certificate.read"
	actionIssue = "certificate.issue"
)

// Config is what a Service needs; all but Clock is required.
type Config struct {
	Store      Store
	Syncs      Syncs
	Vaults     Vaults
	Authority  Authority
	Domains    Domains
	Authorizer Authorizer
	Places     Places
	Tenants    Tenants
	Journal    Journal
	Tx         Tx
	Log        *slog.Logger
	Clock      kernel.Clock
}

// Service keeps certificates in key vaults.
type Service struct {
	Config

	bell *rounds.Bell
}

// New makes a service; Watch does the work.
func New(c Config) *Service { return &Service{Config: c, bell: rounds.NewBell()} }

// Set has a certificate kept from now on, for an actor with certificate.issue, who may also
// change the domain that it is of. Setting it again decides what is in conflict with a domain.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, name string, wanted Settings) (Certificate, error) {
	if err := s.may(ctx, scope, name); err != nil {
		return Certificate{}, err
	}
	wanted, err := wanted.complete()
	if err != nil {
		return Certificate{}, err
	}
	claim, err := s.has(ctx, scope, wanted)
	if err != nil {
		return Certificate{}, err
	}
	y, err := s.vaultOf(ctx, scope)
	if err != nil {
		return Certificate{}, err
	}
	now := s.Clock.Now().UTC()
	c := Certificate{Scope: scope, Name: name, Settings: wanted, Claim: claim, SetAt: now, State: Waiting, Vault: y.Vault, Due: now, Revision: now.UnixNano()}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		c.SetBy = actor.Name
	}
	return c, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.room(ctx, c); err != nil {
			return err
		}
		if err := s.Store.Put(ctx, c); err != nil {
			return err
		}
		db.AfterCommit(ctx, s.bell.Ring)
		return s.record(ctx, c, "vault-certificate.set", nil)
	})
}

// room refuses a certificate that is one too many.
func (s *Service) room(ctx context.Context, c Certificate) error {
	n, err := s.Store.Count(ctx, c.Scope, c.Name)
	if err == nil && n >= MaxOfStage {
		err = kernel.Errorf(kernel.Refused, "stage %s has %d certificates in its key vault, which is as many as it may have", c.Scope.Stage, n).
			WithFix("remove one that is not used: terrace certificate vault list --stage %s; or have one be for several hosts", c.Scope.Stage)
	}
	return err
}

// may refuses who may have no certificates of a stage, and names that there are none of.
func (s *Service) may(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.Authorizer.Authorize(ctx, actionIssue, scope); err != nil {
		return err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return err
	}
	return checkName(name)
}

// has refuses hosts and domains that the stage, or the actor, may not have, and tells which
// claim of the domain is meant.
func (s *Service) has(ctx context.Context, scope kernel.Scope, wanted Settings) (claim string, err error) {
	if wanted.Way == Issue {
		return "", s.Authority.Check(ctx, scope, wanted.Hosts)
	}
	claim, _, err = s.Domains.Own(ctx, scope, wanted.Domain)
	return claim, err
}

// vaultOf finds the vault that a stage has.
func (s *Service) vaultOf(ctx context.Context, scope kernel.Scope) (vaultsync.Sync, error) {
	y, err := s.Syncs.Get(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return y, kernel.Errorf(kernel.Refused, "stage %s has no key vault", scope.Stage).
			WithFix("name one, and the identity that may use it, with: terrace secret sync set --stage %s --vault https://NAME.vault.azure.net --client CLIENT", scope.Stage)
	}
	return y, err
}

// List returns the certificates of a stage, and how far each is.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Certificate], error) {
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return kernel.Page[Certificate]{}, err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return kernel.Page[Certificate]{}, err
	}
	found, err := s.Store.List(ctx, scope, page)
	if err != nil {
		return found, err
	}
	y, err := s.Syncs.Get(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return found, nil // each says so when it is worked on
	}
	for i := range found.Items {
		found.Items[i].leave(y.Vault)
	}
	return found, err
}

// Now has both sides compared at once.
func (s *Service) Now(ctx context.Context, scope kernel.Scope, name string) (Certificate, error) {
	c, err := s.find(ctx, scope, name)
	if err != nil {
		return c, err
	}
	return c, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if c, err = s.Store.Get(ctx, scope, name); err != nil {
			return err
		}
		c.Due = s.Clock.Now().UTC()
		if err := s.Store.Save(ctx, c); err != nil {
			return err
		}
		db.AfterCommit(ctx, s.bell.Ring)
		return s.record(ctx, c, "vault-certificate.asked", nil)
	})
}

// Remove ends it. The vault and the domain keep what they have.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, name string) error {
	c, err := s.find(ctx, scope, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Delete(ctx, scope, name); err != nil {
			return err
		}
		return s.record(ctx, c, "vault-certificate.removed", nil)
	})
}

// find returns one to who may change it.
func (s *Service) find(ctx context.Context, scope kernel.Scope, name string) (Certificate, error) {
	if err := s.may(ctx, scope, name); err != nil {
		return Certificate{}, err
	}
	c, err := s.Store.Get(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return c, kernel.Errorf(kernel.NotFound, "no certificate %s is kept in the key vault of %s", name, scope.Stage).
			WithFix("see those that there are with: terrace certificate vault list --stage %s", scope.Stage)
	}
	return c, err
}

// record tells what was done with a certificate, always with where it lies.
func (s *Service) record(ctx context.Context, c Certificate, what string, more map[string]any) error {
	data := map[string]any{"vault": c.Vault, "way": string(c.Way)}
	for k, v := range more {
		data[k] = v
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: what, Scope: c.Scope, Subject: c.Name, Data: data})
}
