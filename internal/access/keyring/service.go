package keyring

import (
	"context"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Rotations  seal.Rotations
	Sealer     Sealer
	Holdings   []Holding
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	// Home is the tenant of who runs the platform.
	Home string
	// Node names this process.
	Node  string
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service rotates and destroys keys.
type Service struct {
	Config

	bell *rounds.Bell
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, bell: rounds.NewBell()}
}

// Status tells where the keys of the actor's tenant stand, and to who answers for the
// platform those of all.
func (s *Service) Status(ctx context.Context, tenant string, page kernel.PageRequest) (Status, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Status{}, err
	}
	owner := &tenant
	switch err := s.Authorizer.Authorize(ctx, ActionRoot, kernel.Scope{}); {
	case err == nil:
		owner = nil // who may replace the root key sees what it wraps
	case !kernel.Is(err, kernel.Denied):
		return Status{}, err
	}
	keys, err := s.Store.Keys(ctx, owner, page)
	if err != nil {
		return Status{}, err
	}
	if err := s.check(ctx, keys.Items); err != nil {
		return Status{}, err
	}
	moves, err := s.Store.Moves(ctx)
	if err != nil {
		return Status{}, err
	}
	return Status{Root: s.Sealer.PrimaryKeyID(), Roots: s.Sealer.RootKeyIDs(), Keys: keys.Items, Next: keys.Next, Moves: moves}, nil
}

// check writes to keys why they do not open. Where that cannot be looked at, as a key
// service is away, it says so of one and asks no more.
func (s *Service) check(ctx context.Context, keys []Key) error {
	for i := range keys {
		if !keys[i].DestroyedAt.IsZero() {
			continue
		}
		k, err := s.Rotations.OwnerKey(ctx, keys[i].ID)
		if kernel.Is(err, kernel.NotFound) {
			continue // it went meanwhile
		}
		if err != nil {
			return err
		}
		if err = s.Sealer.Check(ctx, k); err != nil {
			keys[i].Problem = err.Error()
		}
		if kernel.Is(err, kernel.Unavailable) {
			return nil
		}
	}
	return nil
}

// Rotate gives a tenant a new key: what is sealed from now on is under it, and the data
// keys there are move to it in the next round, which begins at once.
func (s *Service) Rotate(ctx context.Context, tenant, reason string) (Key, error) {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, ActionRotate, scope); err != nil {
		return Key{}, err
	}
	var made seal.OwnerKey
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if made, err = s.Sealer.Rotate(ctx, s.Rotations, tenant); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "key.rotated", Scope: scope, Subject: made.ID, Reason: reason, Data: map[string]any{"root": made.Root}})
	})
	if err != nil {
		return Key{}, err
	}
	s.bell.Ring()
	return Key{ID: made.ID, Owner: made.Owner, Root: made.Root, CreatedAt: made.CreatedAt}, nil
}

// RotateRoot has another root key wrap the keys of tenants: the first of the key file,
// where that is another than before, else a new one. It gives the platform a new key of
// its own, too. The round moves them to it.
func (s *Service) RotateRoot(ctx context.Context, reason string) (root string, err error) {
	scope := kernel.Scope{Tenant: s.Home}
	if err := s.Authorizer.Authorize(ctx, ActionRoot, scope); err != nil {
		return "", err
	}
	if err := s.Sealer.RotateRoot(); err != nil {
		return "", err
	}
	root = s.Sealer.PrimaryKeyID()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Sealer.Rotate(ctx, s.Rotations, ""); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "key.root_rotated", Scope: scope, Subject: root, Reason: reason})
	})
	if err != nil {
		return "", err
	}
	s.bell.Ring()
	return root, nil
}

// Destroy makes everything unreadable that was ever sealed for a tenant, for ever: its
// secrets, states and plans, and what of them is in blobs or copies. Other processes may
// still open what they opened within the last minute. It is refused while anything may
// be sealed otherwise.
func (s *Service) Destroy(ctx context.Context, tenant, reason string) error {
	if err := s.Authorizer.Authorize(ctx, ActionDestroy, kernel.Scope{Tenant: s.Home}); err != nil {
		return err
	}
	if err := s.destroyable(ctx, tenant); err != nil {
		return err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Destroy(ctx, tenant, s.Clock.Now()); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "key.destroyed", Scope: kernel.Scope{Tenant: s.Home}, Subject: tenant, Reason: reason})
	})
	if err != nil {
		return err
	}
	s.Sealer.Forget(tenant)
	return s.shred(ctx, tenant)
}

// shred removes what of a tenant's destroyed keys is outside of the database. Until that
// is done, a copy of the database from before still opens, and each round tries again.
func (s *Service) shred(ctx context.Context, tenant string) error {
	if err := s.Sealer.Shred(ctx, tenant); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the keys of %s are destroyed in the database, but what is kept of them outside could not be removed: %w", tenant, err).
			WithFix("it is tried again every minute; terrace keys status tells when it is done")
	}
	return s.Store.Shredded(ctx, tenant)
}

// shredRest goes on with what a process that was killed, or a store that was away, has left.
func (s *Service) shredRest(ctx context.Context) error {
	tenants, err := s.Store.Shredding(ctx)
	for _, tenant := range tenants {
		if err := s.shred(ctx, tenant); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) destroyable(ctx context.Context, tenant string) error {
	if tenant == "" || tenant == s.Home {
		return kernel.Errorf(kernel.Refused, "the keys of the tenant that answers for the platform are needed by the platform")
	}
	keys, err := s.Store.Keys(ctx, &tenant, kernel.PageRequest{Limit: 1})
	if err != nil {
		return err
	}
	if len(keys.Items) == 0 {
		return kernel.Errorf(kernel.NotFound, "the tenant %q has no keys", tenant)
	}
	moves, err := s.Store.Moves(ctx)
	if err != nil {
		return err
	}
	finished := map[string]bool{}
	for _, m := range moves {
		finished[m.Holding] = m.Finished
	}
	for _, h := range s.Holdings {
		if !finished[h.Name()] {
			return kernel.Errorf(kernel.Refused, "%s may still be sealed under the root key itself, which outlasts the tenant's", h.Name()).
				WithFix("see how far they have moved with: terrace keys status")
		}
	}
	return nil
}
