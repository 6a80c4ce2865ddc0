// Package departure ends tenants whose time is over: it makes an archive of what they
// have, destroys their keys, and removes all that is left.
//
// It owns the order of these steps, each of which is done again where it was cut off. It
// does not own when a tenant leaves (access/tenant), what an archive has
// (access/tenant/export), the keys (access/keyring), nor where things are: its Erasers know.
package departure

import (
	"context"
	"io"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Tenants knows who leaves.
type Tenants interface {
	Due(ctx context.Context) ([]tenant.Tenant, error)
	// Proceed notes how far a departure is; it is Stale where somebody else did.
	Proceed(ctx context.Context, t *tenant.Tenant) error
	Bury(ctx context.Context, t *tenant.Tenant) error
}

// Archive keeps the archive of a tenant, for the recipients whom its admins have named.
type Archive interface {
	// Keep makes it, encrypted whole.
	Keep(ctx context.Context, tenant string, recipients, without []string) (digest kernel.Digest, size int64, err error)
	// Open returns one that was kept, NotFound for none. Remove removes it; none is no error.
	Open(ctx context.Context, tenant string) (io.ReadCloser, error)
	Remove(ctx context.Context, tenant string) error
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Keys destroys the keys of tenants.
type Keys interface {
	// Destroy is NotFound for a tenant that has none, or no longer.
	Destroy(ctx context.Context, tenant, reason string) error
}

// AuditLog is what tells of a tenant after it.
type AuditLog interface {
	// Last returns the number and hash of the last entry of a tenant.
	Last(ctx context.Context, tenant string) (seq int64, hash string, err error)
}

// Eraser removes what there is of a tenant in one place.
type Eraser interface {
	// Erase returns how many rows and objects it has removed. It may be cut off and begun
	// again.
	Erase(ctx context.Context, tenant string) (rows, objects int64, err error)
}

// Config is what a Service is made of.
type Config struct {
	Tenants Tenants
	Archive Archive
	Keys    Keys
	Audit   AuditLog
	// Erasers are asked in their order: what finds objects by rows comes before the rows.
	Erasers    []Eraser
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	// Home is the tenant of who runs the platform.
	Home string
	Log  *slog.Logger
}

// Service ends tenants.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{c}
}

// Open returns the archive that was kept of a tenant that left.
func (s *Service) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := s.about(ctx, name, "tenant.archive_read"); err != nil {
		return nil, err
	}
	return s.Archive.Open(ctx, name)
}

// Remove removes the archive of a tenant that left.
func (s *Service) Remove(ctx context.Context, name string) error {
	if err := s.about(ctx, name, "tenant.archive_removed"); err != nil {
		return err
	}
	return s.Archive.Remove(ctx, name)
}

// about records what is done with an archive, before it is.
func (s *Service) about(ctx context.Context, name, fact string) error {
	if err := s.Authorizer.Authorize(ctx, tenant.ActionOffboard, kernel.Scope{Tenant: name}); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: kernel.Scope{Tenant: s.Home}, Subject: name, Data: map[string]any{"tenant": name}})
	})
}

// Round carries each tenant whose time is over to its end. What keeps one is noted with it,
// and tried again in the next round.
func (s *Service) Round(ctx context.Context) error {
	due, err := s.Tenants.Due(ctx)
	if err != nil {
		return err
	}
	for _, t := range due {
		err := s.carry(ctx, &t)
		switch {
		case err == nil, kernel.Is(err, kernel.Stale), ctx.Err() != nil: // another process goes on with it
		default:
			s.Log.WarnContext(ctx, "a tenant that leaves is kept by a problem", "tenant", t.Name, "step", t.Departure.Step, "error", err)
			t.Departure.Problem = err.Error()
			if err := s.Tenants.Proceed(ctx, &t); err != nil && !kernel.Is(err, kernel.Stale) {
				return err
			}
		}
	}
	return ctx.Err()
}

func (s *Service) carry(ctx context.Context, t *tenant.Tenant) error {
	ctx = kernel.WithActor(ctx, kernel.System("departure", t.Name))
	for t.State == tenant.Leaving {
		step, do := s.next(t)
		if t.Departure.Step != step {
			t.Departure.Step, t.Departure.Problem = step, ""
			if err := s.Tenants.Proceed(ctx, t); err != nil {
				return err
			}
		}
		if err := do(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// next is the step that follows what is done.
func (s *Service) next(t *tenant.Tenant) (tenant.Step, func(ctx context.Context, t *tenant.Tenant) error) {
	switch {
	case !t.Departure.WithoutExport && t.Departure.Export == "" && t.Departure.Step != tenant.StepShred && t.Departure.Step != tenant.StepRemove:
		return tenant.StepExport, s.export
	case t.Departure.Step != tenant.StepRemove:
		return tenant.StepShred, s.shred
	default:
		return tenant.StepRemove, s.remove
	}
}

func (s *Service) export(ctx context.Context, t *tenant.Tenant) (err error) {
	if t.Recipients == nil { // it was to leave before there had to be some
		return kernel.Errorf(kernel.Refused, "nobody is named for whom the archive is encrypted").
			WithFix("call it off with terrace tenant keep %s, and have it leave anew", t.Name)
	}
	t.Departure.Export, t.Departure.ExportSize, err = s.Archive.Keep(ctx, t.Name, t.Recipients.Keys, t.Recipients.Without)
	return err
}

// shred destroys the tenant's keys. From here on nothing brings it back.
func (s *Service) shred(ctx context.Context, t *tenant.Tenant) (err error) {
	if t.Departure.AuditSeq, t.Departure.AuditHash, err = s.Audit.Last(ctx, t.Name); err != nil {
		return err
	}
	if err := s.Keys.Destroy(ctx, t.Name, "the tenant leaves: "+t.Reason); err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	t.Departure.Step, t.Departure.Problem = tenant.StepRemove, ""
	return s.Tenants.Proceed(ctx, t)
}

func (s *Service) remove(ctx context.Context, t *tenant.Tenant) error {
	for _, e := range s.Erasers {
		rows, objects, err := e.Erase(ctx, t.Name)
		t.Departure.Rows += rows
		t.Departure.Objects += objects
		if err != nil {
			return err
		}
	}
	return s.Tenants.Bury(ctx, t)
}
