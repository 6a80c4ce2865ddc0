package pki_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// TestAnIntermediateThatEndsIsReplaced looks ahead of its end, and after a stop of years.
func TestAnIntermediateThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		root := s.Authority().RootPEM()
		issuer := func() string { return shown(t, s.Authority(), host)[0].Issuer.String() }
		first := issuer()
		i.clock.advance(400 * day)
		must(t, s.Maintain(t.Context()))
		if issuer() != first {
			t.Error("it is replaced before two thirds of its life")
		}
		i.clock.advance(100 * day)
		must(t, s.Maintain(t.Context()))
		second := issuer()
		if second == first {
			t.Error("it is not replaced ahead of its end")
		}
		must(t, server(shown(t, s.Authority(), host), pool(root), i.clock.now()))
		// The installation stands still until it has ended.
		i.clock.advance(3 * 365 * day)
		s = i.control(t, "")
		if issuer() == second {
			t.Error("one that has ended signs")
		}
		must(t, server(shown(t, s.Authority(), host), pool(root), i.clock.now()))
		// And until the root has as well.
		i.clock.advance(10 * 365 * day)
		s = i.control(t, "")
		must(t, server(shown(t, s.Authority(), host), s.Authority().Pool(), i.clock.now()))
	})
}

// TestADatabaseRestoredFromABackup has certificates be issued and revoked that the backup lacks.
func TestADatabaseRestoredFromABackup(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	serials, before, after := map[string]bool{}, 50, 50
	issue := func(s *pki.Service, n int) (last pki.Issued) {
		for range n {
			issued, _, err := s.Ask(operator(t), billing(t))
			must(t, err)
			if serials[issued.Serial] {
				t.Fatalf("serial %s came twice", issued.Serial)
			}
			serials[issued.Serial] = true
			last = issued
		}
		return last
	}
	issue(s, before)
	list, err := s.RevocationList(t.Context(), authorityOf(t, s, pki.CAWorkloads))
	must(t, err)
	backup := filepath.Join(t.TempDir(), "backup.db")
	_, err = i.db.SQL().ExecContext(t.Context(), "VACUUM INTO '"+backup+"'")
	must(t, err)

	lost := issue(s, after)
	kept := issue(s, 1)
	_, err = s.Withdraw(operator(t), "acme", lost.Serial, pki.KeyCompromise, "")
	must(t, err)

	restored, err := db.Open(t.Context(), "sqlite://"+backup)
	must(t, err)
	t.Cleanup(func() { _ = restored.Close() })
	again := &installation{db: restored, sealer: i.sealer, facts: i.facts, clock: i.clock, roles: i.roles}
	s = again.control(t, "")
	w := again.gateway(t).Workloads()
	if !holds(w, lost.Leaf) || !holds(w, kept.Leaf) {
		t.Fatal("what was issued after the backup does not hold")
	}
	if _, err := s.Certificate(t.Context(), lost.Serial); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("the backup has it: %v", err)
	}
	e, err := s.WithdrawCertificate(operator(t), string(lost.PEM()), pki.KeyCompromise, "the backup lacked it")
	must(t, err)
	must(t, w.Look())
	if e.Holder.Name != "billing" || e.Holder.Scope != shop() || holds(w, lost.Leaf) || !holds(w, kept.Leaf) {
		t.Errorf("revoked anew: %+v", e.Holder)
	}
	next, err := s.RevocationList(t.Context(), authorityOf(t, s, pki.CAWorkloads))
	must(t, err)
	if next.Number <= list.Number {
		t.Errorf("list %d comes after %d", next.Number, list.Number)
	}
	issue(s, after)
	if len(serials) != before+after+1+after {
		t.Errorf("%d serials", len(serials))
	}
	stranger := own(t, pki.Options{})
	chain := shown(t, stranger, host)
	if _, err := s.WithdrawCertificate(operator(t), string(pki.Issued{Chain: chain[:1]}.PEM()), pki.KeyCompromise, ""); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("one of another authority: %v", err)
	}
}

// authorityOf is the id of the authority of a kind that signs.
func authorityOf(t testing.TB, s *pki.Service, kind pki.CAKind) string {
	t.Helper()
	all, err := s.All(operator(t))
	must(t, err)
	for _, c := range all {
		if c.Kind == kind && c.State == pki.CAActive {
			return c.ID
		}
	}
	t.Fatalf("there is no %s", kind)
	return ""
}

// away is a database that goes away.
type away struct {
	*db.DB
	gone atomic.Bool
}

func (a *away) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if a.gone.Load() {
		return kernel.Errorf(kernel.Unavailable, "the database does not answer: %w", errors.New("away"))
	}
	return a.DB.InTx(ctx, fn)
}

// TestADatabaseThatIsAway has handshakes go on, and what was issued be written down afterwards.
func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	i.control(t, "")
	gone := &away{DB: i.db}
	const made, waiting = 300, 250
	gateway := i.process(t, func(c *pki.Config) { c.DataPlane, c.Names, c.Tx, c.Waiting = true, nil, gone, waiting })
	must(t, gateway.Load(t.Context()))
	gone.gone.Store(true)
	for n := range made {
		name := fmt.Sprintf("x%d.dev.shop.localhost", n)
		must(t, server(shown(t, gateway.Authority(), name), gateway.Authority().Pool(), i.clock.now()))
	}
	if err := gateway.Write(t.Context()); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("it was written: %v", err)
	}
	gone.gone.Store(false)
	must(t, gateway.Write(t.Context()))
	var rows int
	must(t, i.db.SQL().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pki_certificates WHERE kind = 'route'").Scan(&rows))
	if rows != waiting || len(i.facts.of("certificate.issued")) != waiting {
		t.Errorf("%d of %d are written down, and %d told of", rows, made, len(i.facts.of("certificate.issued")))
	}
}
