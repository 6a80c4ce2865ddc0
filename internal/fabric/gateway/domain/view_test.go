package domain_test

import (
	"context"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// counted is a View that notes which domains are read with their keys.
type counted struct {
	domain.View
	read []string
}

func (c *counted) Some(ctx context.Context, names []string) ([]domain.Domain, error) {
	c.read = append(c.read, names...)
	return c.View.Some(ctx, names)
}

// replica is another process on the rows of a fixture.
func replica(t *testing.T, f *fixture) (*domain.Service, *counted) {
	t.Helper()
	view, c := &counted{View: f.View}, f.Config
	c.View = view
	s := domain.New(c)
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, view
}

// TestAViewReadsWhatHasChanged of one domain among many reads that one alone.
func TestAViewReadsWhatHasChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		for _, name := range []string{"a.example", "b.example", "c.example"} {
			f.proven(t, acme, name)
		}
		other, view := replica(t, f)
		if len(view.read) != 3 || other.Of("x.c.example") != "c.example" {
			t.Errorf("first %v are read", view.read)
		}
		view.read = nil
		chain, key := authority(t, nil).leaf(t, "b.example")
		if _, err := f.SetCertificate(as(t.Context(), "ada", "acme"), "acme", "b.example", chain, key); err != nil {
			t.Fatal(text(err))
		}
		if err := other.Load(t.Context()); err != nil || !slices.Equal(view.read, []string{"b.example"}) || other.Certificate("b.example") == nil || other.Of("a.example") == "" {
			t.Errorf("then %v are read, %v", view.read, err)
		}
	})
}

// TestADomainThatIsClaimedAnewHasNothingOfBefore is one that has as many changes as it had
// when another process looked last.
func TestADomainThatIsClaimedAnewHasNothingOfBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, ca := as(t.Context(), "ada", "acme"), authority(t, nil)
		set := func() (serial string) {
			f.proven(t, acme, "example.com")
			chain, key := ca.leaf(t, "example.com")
			d, err := f.SetCertificate(ctx, "acme", "example.com", chain, key)
			if err != nil {
				t.Fatal(text(err))
			}
			return d.Certificate.Serial
		}
		set()
		other, _ := replica(t, f)
		if err := f.Remove(ctx, "acme", "example.com"); err != nil {
			t.Fatal(err)
		}
		serial := set()
		if err := other.Load(ctx); err != nil {
			t.Fatal(err)
		}
		if got := other.Certificate("example.com").Leaf.SerialNumber.Text(16); got != serial {
			t.Errorf("the other process shows %s, not %s", got, serial)
		}
	})
}

// TestACertificateThatWasReplacedIsKnownForAWhile as not every gateway has the new one yet.
func TestACertificateThatWasReplacedIsKnownForAWhile(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, migrations()...))
	ctx, ca, now := as(t.Context(), "ada", "acme"), authority(t, nil), time.Now()
	f.Clock = func() time.Time { return now }
	f.proven(t, acme, "example.com")
	set := func() *x509.Certificate {
		chain, key := ca.leaf(t, "example.com")
		if _, err := f.SetCertificate(ctx, "acme", "example.com", chain, key); err != nil {
			t.Fatal(text(err))
		}
		return f.Certificate("example.com").Leaf
	}
	first, second := set(), set()
	shows := func(host string, leaf *x509.Certificate, wanted bool) {
		t.Helper()
		if got := f.Shows(host, leaf); got != wanted {
			t.Errorf("%s may show it: %v", host, got)
		}
	}
	shows("example.com", second, true)
	shows("example.com", first, true)
	shows("api.example.com", first, false) // it never was for it
	now = now.Add(31 * time.Second)
	shows("example.com", first, false)
	shows("example.com", second, true)
	if err := f.RemoveCertificate(ctx, "acme", "example.com"); err != nil {
		t.Fatal(err)
	}
	shows("example.com", second, true)
	now = now.Add(31 * time.Second)
	shows("example.com", second, false)
}
