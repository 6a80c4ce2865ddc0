package leak

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
	"github.com/terrace-idp/terrace/internal/platform/turnstile"
)

// The actions that this room asks the Authorizer about.
const (
	actionRead  = "leak.read"
	actionScan  = "leak.scan"
	actionAllow = "leak.allow"
	// actionSecret is to read a secret: where it stands elsewhere is for who may.
	actionSecret = "secret.read"
)

// Config is what a Service works with. All is required but Clock, Decided and Log.
type Config struct {
	Store      Store
	Apart      Apart
	Values     Values
	Sealer     Sealer
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Scanner    *leakscan.Scanner
	// Decided is told of a pull request that had findings of which none is open any more.
	Decided func(ctx context.Context, scope kernel.Scope, repository string, pull int) error
	Log     *slog.Logger
}

// Service looks through texts, and keeps what it finds.
type Service struct {
	Config

	mu    sync.Mutex
	known map[string]*known // by tenant
	// tidied is when changes were forgotten last, and before the mark of then.
	tidied time.Time
	before Mark
	scans  *turnstile.Turnstile // bounds the texts that are looked through at once
	behind behind
}

// atOnce is how many texts are looked through at the same time, for which tenants take
// turns: it takes a processor.
const atOnce = 2

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, known: map[string]*known{}, scans: turnstile.New(atOnce)}
}

// Get returns a finding of the actor's tenant, where the actor may see it.
func (s *Service) Get(ctx context.Context, tenant, id string) (Finding, error) {
	f, err := s.Store.Get(ctx, tenant, id)
	if err != nil {
		return f, err
	}
	if f, err = s.seenBy(ctx, f); kernel.Is(err, kernel.Denied) {
		return Finding{}, Missing(id)
	} else if err != nil {
		return Finding{}, err
	}
	return f.at(s.Clock.Now()), nil
}

// Missing says that there is no such finding for who asks.
func Missing(id string) error {
	return kernel.Errorf(kernel.NotFound, "there is no finding %s", id).WithFix("see those there are with: terrace secret findings")
}

// at is the finding as it stands at a moment: what was allowed until before it is open.
func (f Finding) at(now time.Time) Finding {
	if f.lapsed(now) {
		f.State = Open
	}
	return f
}

// List returns the findings of the tenant, or of the scope's project, that the actor may
// see, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Finding], error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Finding]{}, err
	}
	within, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[Finding]{}, err
	}
	apart, err := s.Authorizer.Allowed(ctx, actionSecret, scope)
	if err != nil {
		return kernel.Page[Finding]{}, err
	}
	found, err := s.Store.List(ctx, scope, within, apart, f, page)
	for i := range found.Items {
		if found.Items[i], err = s.placed(ctx, found.Items[i]); err != nil {
			return kernel.Page[Finding]{}, err
		}
	}
	return found, err
}

// Reopen opens what was allowed for a while that is over.
func (s *Service) Reopen(ctx context.Context) error {
	lapsed, err := s.Store.Lapsed(ctx, s.Clock.Now())
	for _, f := range lapsed {
		if err := s.reopen(kernel.WithActor(ctx, kernel.System("leaks", f.Scope.Tenant)), f); err != nil && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return err
}

func (s *Service) reopen(ctx context.Context, f Finding) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		f.State = Open
		if err := s.Store.Save(ctx, f, f.Place.identity()); err != nil {
			return err
		}
		return s.Journal.Record(ctx, f.fact("secret.leak_reopened", "it was allowed until "+f.Allowance.Until.UTC().Format(time.RFC3339)))
	})
}

// Silence resolves what services have not said again for seven days, and what was gone from
// another project for a day.
func (s *Service) Silence(ctx context.Context) error {
	now := s.Clock.Now()
	quiet, err := s.Store.Quiet(ctx, now)
	for _, f := range quiet {
		err := s.Tx.InTx(kernel.WithActor(ctx, kernel.System("leaks", f.Scope.Tenant)), func(ctx context.Context) error {
			if now.Before(f.Quiet()) {
				return s.Store.Save(ctx, f, f.Place.identity()) // it is kept from before anybody counted
			}
			if f.Source != nil && !f.Source.Gone.IsZero() {
				return s.resolve(ctx, []Finding{f}, nil, "it is not there any more")
			}
			return s.resolve(ctx, []Finding{f}, nil, "it was not said again for seven days")
		})
		if err != nil && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return err
}

// Unseen tells that what stands at a place could not be looked through, and will not be.
func (s *Service) Unseen(ctx context.Context, scope kernel.Scope, at Place, why string) error {
	subject := cmp.Or(at.Run, at.Repository, at.Path)
	ctx = kernel.WithActor(ctx, kernel.System("leaks", scope.Tenant))
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "secret.scan_failed", Scope: scope, Subject: subject, Reason: why, Data: map[string]any{"place": at.String(), "kind": at.Kind},
		})
	})
}
