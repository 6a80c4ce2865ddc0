package provider

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// How long what is known is used before the database is asked whether it is still
// right, and how long it is used at all.
const (
	freshFor  = 500 * time.Millisecond
	knownLife = time.Minute
)

// known is what verifying needs: the keys, and the sessions whose tokens no longer hold
// though they have not expired.
type known struct {
	revision int64
	made     time.Time
	keys     ring
	ended    map[string]struct{}

	mu      sync.Mutex
	checked time.Time
}

func (k *known) isFresh(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	since := now.Sub(k.checked)
	return since >= 0 && since < freshFor
}

// confirm notes that it was still right at now, and reports whether it may be used on.
func (k *known) confirm(now time.Time, revision int64) bool {
	if age := now.Sub(k.made); k.revision != revision || age < 0 || age >= knownLife {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.checked = now
	return true
}

// look returns what is known. It is no older than the last change that this process
// has made, and than freshFor where another one has.
func (s *Service) look(ctx context.Context) (*known, error) {
	now := s.Clock.Now()
	if k := s.known.Load(); k != nil && k.isFresh(now) {
		return k, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	k := s.known.Load()
	if k != nil && k.isFresh(now) {
		return k, nil // somebody else has looked meanwhile
	}
	if err := s.failed.since(now); err != nil {
		return nil, err // somebody else has tried meanwhile
	}
	turn := s.turn.Load()
	revision, err := s.Store.Revision(ctx)
	if err != nil {
		s.failed.note(ctx, now, err)
		return nil, err
	}
	if k != nil && k.confirm(now, revision) {
		return k, nil
	}
	if k, err = s.read(ctx, revision, now); err != nil {
		return nil, err
	}
	if s.turn.Load() == turn && !db.InTransaction(ctx) { // what is read there may never come to be
		s.known.Store(k)
	}
	return k, nil
}

// failure is the last time that the database could not be asked: those who wait for each
// other do not all try in turn. It is guarded by whoever guards the reading.
type failure struct {
	at  time.Time
	err error
}

// since returns why it could not be asked just now.
func (f *failure) since(now time.Time) error {
	if age := now.Sub(f.at); f.err != nil && age >= 0 && age < freshFor {
		return f.err
	}
	return nil
}

// note keeps why it could not be asked, unless whoever asked has gone.
func (f *failure) note(ctx context.Context, now time.Time, err error) {
	if !errors.Is(ctx.Err(), context.Canceled) && !db.InTransaction(ctx) {
		f.at, f.err = now, err
	}
}

func (s *Service) read(ctx context.Context, revision int64, now time.Time) (*known, error) {
	k := &known{revision: revision, made: now, checked: now, ended: map[string]struct{}{}}
	rows, err := s.Store.SigningKeys(ctx, now)
	if err != nil {
		return nil, err
	}
	if k.keys, err = s.openRing(ctx, rows); err != nil {
		return nil, err
	}
	ids, err := s.Store.Ended(ctx, now.Add(-MaxTokenLife-leeway))
	for _, id := range ids {
		k.ended[id] = struct{}{}
	}
	return k, err
}

// changed notes, in the transaction of ctx, that what is known is no longer right.
func (s *Service) changed(ctx context.Context) error {
	if err := s.Store.Advance(ctx); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() {
		s.turn.Add(1)
		s.known.Store(nil)
	})
	return nil
}

// Announce keeps under which address this provider is the issuer of tokens, so that gateways
// of their own know them for Terrace's. What was kept last holds.
func (s *Service) Announce(ctx context.Context) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		kept, err := s.Store.Issuer(ctx)
		if err != nil || kept == s.Issuer {
			return err
		}
		if err := s.changed(ctx); err != nil {
			return err
		}
		return s.Store.SetIssuer(ctx, s.Issuer)
	})
}

// record notes a fact of a tenant, by the actor of ctx or the provider itself.
func (s *Service) record(ctx context.Context, tenant, typ, subject string, data map[string]any) error {
	if tenant == "" {
		tenant = s.Tenant
	}
	if _, ok := kernel.ActorFrom(ctx); !ok {
		ctx = kernel.WithActor(ctx, kernel.System("provider", tenant))
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: tenant}, Subject: subject, Data: data})
}
