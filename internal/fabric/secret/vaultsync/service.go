package vaultsync

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that the service asks permission for, beside those of secrets.
const (
	actionSync  = "secret.sync"
	actionRead  = "secret.read"
	actionWrite = "secret.write"
	actionSee   = "workload.read"
)

// Config is what a Service needs; all but Clock and Moved is required.
type Config struct {
	Store      Store
	Vaults     Vaults
	Secrets    Secrets
	Authorizer Authorizer
	Stages     Stages
	Tenants    Tenants
	Journal    Journal
	Tx         Tx
	// Defaults are the vault and the directory of Azure that are meant where nothing is
	// said, "" for none.
	Defaults func(ctx context.Context, scope kernel.Scope) (vault, azureTenant string, err error)
	Log      *slog.Logger
	Clock    kernel.Clock
	// Moved is told, in the transaction, of the vault that a stage is given; it may be nil.
	Moved func(ctx context.Context, scope kernel.Scope, vault string) error
	// Node names this process: after a restart it goes on with what it had.
	Node string
}

// Service keeps stages and vaults the same.
type Service struct {
	Config

	bell   *rounds.Bell
	places *places

	mu sync.Mutex
	// begun are comparisons that gave way before their end.
	begun map[kernel.Scope]begun
}

// New makes a service; Watch does the work.
func New(c Config) *Service {
	return &Service{Config: c, bell: rounds.NewBell(), places: newPlaces(), begun: map[kernel.Scope]begun{}}
}

// Set has a stage and a vault kept the same from now on, for an actor with secret.sync who
// may also read what goes out, or write what comes in. Another vault or direction begins anew.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, wanted Settings) (Sync, error) {
	wanted = wanted.complete()
	if err := s.may(ctx, scope, wanted.Direction); err != nil {
		return Sync{}, err
	}
	vault, azureTenant, err := s.Defaults(ctx, scope)
	if err != nil {
		return Sync{}, err
	}
	wanted.Vault, wanted.AzureTenant = cmp.Or(wanted.Vault, vault), cmp.Or(wanted.AzureTenant, azureTenant)
	if err := wanted.check(); err != nil {
		return Sync{}, err
	}
	address, err := s.Vaults.Check(ctx, wanted.Vault)
	if err != nil {
		return Sync{}, err
	}
	wanted.Vault = address
	now := s.Clock.Now()
	y := Sync{Scope: scope, Settings: wanted, SetAt: now, RoundAt: now, AskedAt: now, State: Waiting, Fence: now.UnixNano()}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		y.SetBy = actor.ID
	}
	return y, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Put(ctx, y); err != nil {
			return err
		}
		if s.Moved != nil {
			if err := s.Moved(ctx, scope, y.Vault); err != nil {
				return err
			}
		}
		db.AfterCommit(ctx, s.bell.Ring)
		return s.record(ctx, y, "secret.sync.set", scope.Stage, map[string]any{
			"direction": y.Direction, "onDrift": y.OnDrift, "azureTenant": y.AzureTenant, "client": y.Client,
		})
	})
}

// may refuses who has not all the rights that a sync uses.
func (s *Service) may(ctx context.Context, scope kernel.Scope, d Direction) error {
	other := actionRead
	if d == Pull {
		other = actionWrite
	}
	for _, action := range []string{actionSync, other} {
		if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
			return err
		}
	}
	return s.Stages.Check(scope.Stage)
}

// Get returns the sync of a stage and how many secrets are in which state, to an actor who
// may see the names of secrets.
func (s *Service) Get(ctx context.Context, scope kernel.Scope) (Sync, map[State]int, error) {
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return Sync{}, nil, err
	}
	y, err := s.find(ctx, scope)
	if err != nil {
		return y, nil, err
	}
	counts, err := s.Store.Count(ctx, scope)
	return y, counts, err
}

func (s *Service) find(ctx context.Context, scope kernel.Scope) (Sync, error) {
	if err := s.Stages.Check(scope.Stage); err != nil {
		return Sync{}, err
	}
	y, err := s.Store.Get(ctx, scope)
	if kernel.Is(err, kernel.NotFound) {
		return y, kernel.Errorf(kernel.NotFound, "the secrets of %s are kept in no key vault", scope.Stage).
			WithFix("name one with: terrace secret sync set --stage %s --vault https://NAME.vault.azure.net", scope.Stage)
	}
	return y, err
}

// List returns how far each secret is, those in one state unless it is "".
func (s *Service) List(ctx context.Context, scope kernel.Scope, state State, page kernel.PageRequest) (kernel.Page[Item], error) {
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return kernel.Page[Item]{}, err
	}
	if _, err := s.find(ctx, scope); err != nil {
		return kernel.Page[Item]{}, err
	}
	return s.Store.List(ctx, scope, state, page)
}

// Remove ends a sync, for an actor with secret.sync. Both sides keep what they have.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope) error {
	if err := s.Authorizer.Authorize(ctx, actionSync, scope); err != nil {
		return err
	}
	y, err := s.find(ctx, scope)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Remove(ctx, scope); err != nil {
			return err
		}
		return s.record(ctx, y, "secret.sync.removed", scope.Stage, nil)
	})
}

// Now has both sides compared at once, for an actor with secret.write. A vault that has said
// when it can be asked again is not asked before.
func (s *Service) Now(ctx context.Context, scope kernel.Scope) (Sync, error) {
	if err := s.Authorizer.Authorize(ctx, actionWrite, scope); err != nil {
		return Sync{}, err
	}
	y, err := s.find(ctx, scope)
	if err != nil {
		return y, err
	}
	return y, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if y, err = s.Store.Get(ctx, scope); err != nil {
			return err
		}
		y.AskedAt = s.Clock.Now()
		y.RoundAt = y.AskedAt
		if !y.Bound {
			y.BlockedUntil = time.Time{}
		}
		if err := s.Store.Ask(ctx, y); err != nil {
			return err
		}
		db.AfterCommit(ctx, s.bell.Ring)
		return s.record(ctx, y, "secret.sync.asked", scope.Stage, nil)
	})
}

// Touch notes that a secret has changed, in the transaction in which it does.
func (s *Service) Touch(ctx context.Context, scope kernel.Scope, name string) error {
	if ctx.Value(ownKey{}) != nil {
		return nil // the sync itself has changed it, and keeps that
	}
	synced, err := s.Store.Touch(ctx, scope, name, s.Clock.Now())
	if synced {
		db.AfterCommit(ctx, s.bell.Ring)
	}
	return err
}

// ownKey marks what a sync itself does.
type ownKey struct{}

func (s *Service) record(ctx context.Context, y Sync, what, subject string, data map[string]any) error {
	return s.Journal.Record(ctx, fact(y, what, subject, data))
}

// fact is one of a sync, which always says which vault it is about.
func fact(y Sync, what, subject string, data map[string]any) kernel.Fact {
	all := map[string]any{"vault": y.Vault}
	for k, v := range data {
		all[k] = v
	}
	return kernel.Fact{Type: what, Scope: y.Scope, Subject: subject, Data: all}
}
