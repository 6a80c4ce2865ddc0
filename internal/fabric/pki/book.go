package pki

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// DefaultWaiting is how many certificates wait at most to be written down while the
	// database is away; the oldest are forgotten.
	DefaultWaiting = 16384
	// writtenAtOnce is how many are written in one transaction.
	writtenAtOnce = 100
	// WriteEvery is how often those that wait are written down.
	WriteEvery = time.Second
)

// book has the certificates that were made at handshakes and are not written down yet.
type book struct {
	most int

	mu      sync.Mutex
	waiting []Entry
	lost    int
}

func newBook(most int) *book {
	if most == 0 {
		most = DefaultWaiting
	}
	return &book{most: most}
}

// note has a certificate wait. It waits for nothing itself.
func (b *book) note(e Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) >= b.most {
		b.waiting, b.lost = b.waiting[1:], b.lost+1
	}
	b.waiting = append(b.waiting, e)
}

// next are those that have waited longest.
func (b *book) next() (some []Entry, lost int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lost, b.lost = b.lost, 0
	return append(some, b.waiting[:min(len(b.waiting), writtenAtOnce)]...), lost
}

// done takes out those that were written, which may have been forgotten meanwhile.
func (b *book) done(some []Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range some {
		if len(b.waiting) > 0 && b.waiting[0].ID == e.ID {
			b.waiting = b.waiting[1:]
		}
	}
	if len(b.waiting) == 0 {
		b.waiting = nil
	}
}

// Write writes down what was issued at handshakes since.
func (s *Service) Write(ctx context.Context) error {
	for {
		some, lost := s.book.next()
		if lost > 0 {
			s.Log.WarnContext(ctx, "certificates were issued that the inventory does not have: the database was away for too long", "certificates", lost)
		}
		if len(some) == 0 {
			return nil
		}
		if err := s.Tx.InTx(s.asPlatform(ctx), func(ctx context.Context) error { return s.write(ctx, some) }); err != nil {
			return err
		}
		s.book.done(some)
	}
}

// write adds certificates to the inventory, and tells of them.
func (s *Service) write(ctx context.Context, some []Entry) error {
	for i := range some {
		if some[i].Holder.Scope.Tenant == "" {
			some[i].Holder.Scope.Tenant = s.Home
		}
	}
	if err := s.Inventory.Add(ctx, some); err != nil {
		return err
	}
	for _, e := range some {
		fact := "certificate.issued"
		if e.RenewedFrom != "" {
			fact = "certificate.renewed"
		}
		if err := s.tell(ctx, e, fact, ""); err != nil {
			return err
		}
	}
	return nil
}

// tell records what happened to a certificate.
func (s *Service) tell(ctx context.Context, e Entry, fact, reason string) error {
	data := map[string]any{
		"serial": e.Serial, "names": e.Names, "kind": string(e.Holder.Kind), "name": e.Holder.Name, "issuer": e.IssuerName, "notAfter": e.NotAfter,
	}
	if e.RenewedFrom != "" && fact == "certificate.renewed" {
		data["renewedFrom"] = e.RenewedFrom
	}
	if e.Revoked != nil {
		data["reason"] = string(e.Revoked.Reason)
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: e.Holder.Scope, Subject: e.ID, Reason: reason, Data: data})
}
