package domain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// table is what the gateway knows of proven domains, by name.
type table struct {
	revision int64
	domains  map[string]*held
}

// held is a domain with its certificate, nil for none.
type held struct {
	tenant   string
	revision int64
	cert     *tls.Certificate
	// former is the certificate that cert took the place of, or nothing did, until when
	// gateways may show it still.
	former *x509.Certificate
	until  time.Time
}

// formerLasts is how long a gateway may show a certificate that was replaced: it looks every
// few seconds.
const formerLasts = 30 * time.Second

// Load reads the proven domains that have changed, opens their keys, and swaps the view.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	turn, err := s.View.Turn(ctx)
	if err != nil {
		return fmt.Errorf("load domains: %w", err)
	}
	proven, err := s.View.Proven(ctx)
	if err != nil {
		return fmt.Errorf("load domains: %w", err)
	}
	before, t := s.table.Load().domains, &table{revision: turn, domains: make(map[string]*held, len(proven))}
	var changed []string
	for _, v := range proven {
		if h := before[v.Name]; h != nil && h.tenant == v.Scope.Tenant && h.revision == v.Revision {
			t.domains[v.Name] = h
		} else {
			changed = append(changed, v.Name)
		}
	}
	some, err := s.View.Some(ctx, changed)
	if err != nil {
		return fmt.Errorf("load domains: %w", err)
	}
	for _, d := range some {
		h, err := s.hold(ctx, d, before[d.Name])
		if kernel.Is(err, kernel.Unavailable) {
			t.revision = 0 // what holds the keys is away: Watch tries again
		}
		t.domains[d.Name] = h
	}
	s.table.Store(t)
	return nil
}

// hold makes a domain ready. With a key that does not open it keeps the certificate that it
// had.
func (s *Service) hold(ctx context.Context, d Domain, before *held) (*held, error) {
	h := &held{tenant: d.Scope.Tenant, revision: d.Revision}
	same := before != nil && before.tenant == d.Scope.Tenant
	if d.Certificate != nil {
		cert, err := s.open(ctx, d)
		if err != nil {
			s.Log.ErrorContext(ctx, "the key of a domain's certificate does not open: the domain has what it had before", "domain", d.Name, "tenant", d.Scope.Tenant, "error", err)
			h.revision = 0 // no row has it: the next load tries again
			if same {
				h.cert = before.cert
			}
			return h, err
		}
		h.cert = cert
	}
	if same && before.cert != nil && (h.cert == nil || !h.cert.Leaf.Equal(before.cert.Leaf)) {
		h.former, h.until = before.cert.Leaf, s.Clock.Now().Add(formerLasts)
	}
	return h, nil
}

// Shows tells whether a gateway may show a certificate on a host in lower case: the uploaded
// one, or the one before as long as not every gateway has the new one.
func (s *Service) Shows(host string, leaf *x509.Certificate) bool {
	if cert := s.Certificate(host); cert != nil && cert.Leaf.Equal(leaf) {
		return true
	}
	t, now := s.table.Load(), s.Clock.Now()
	return slices.ContainsFunc(above(host), func(name string) bool {
		h := t.domains[name]
		return h != nil && h.former != nil && now.Before(h.until) && h.former.Equal(leaf) && covers(leaf, host)
	})
}

// Certificate returns the uploaded one for a host in lower case, of the closest domain that
// has one for it; nil for none.
func (s *Service) Certificate(host string) *tls.Certificate {
	t := s.table.Load()
	if len(t.domains) == 0 {
		return nil
	}
	for _, name := range above(host) {
		if h := t.domains[name]; h != nil && h.cert != nil && covers(h.cert.Leaf, host) {
			return h.cert
		}
	}
	return nil
}

// Of returns the closest proven domain of a host in lower case, "" for none.
func (s *Service) Of(host string) string {
	t := s.table.Load()
	if len(t.domains) == 0 {
		return ""
	}
	for _, name := range above(host) {
		if t.domains[name] != nil {
			return name
		}
	}
	return ""
}

// Watch keeps the view current with what other processes, or transactions that ended after
// their call, have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "domains", Revision: s.View.Turn, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.table.Load().revision },
	}
}
