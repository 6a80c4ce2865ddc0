package domain_test

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
)

// since are the types of the facts that were told since there were n, with their days.
func (f *fixture) since(n int) (out []string) {
	f.facts.mu.Lock()
	defer f.facts.mu.Unlock()
	for _, fact := range f.facts.all[n:] {
		one, _ := strings.CutPrefix(fact.Type, "gateway-domain.")
		if days, ok := fact.Data.(map[string]any)["days"].(int); ok {
			one += " " + time.Duration(days*24*int(time.Hour)).String()
		}
		out = append(out, one)
	}
	return out
}

// TestTheEndOfACertificateIsTold once each, by two processes at once.
func TestTheEndOfACertificateIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, began := as(t.Context(), "ada", "acme"), time.Now()
		now := began
		f.Clock = func() time.Time { return now }
		f.proven(t, acme, "example.com")
		key, ca := newKey(t), authority(t, nil)
		chain := signed(t, ca, key, func(c *x509.Certificate) {
			c.DNSNames, c.NotAfter = []string{"example.com"}, began.Add(90*24*time.Hour)
		})
		d, err := f.SetCertificate(ctx, "acme", "example.com", chain.pem+ca.pem, pemOf(t, key))
		if err != nil {
			t.Fatal(text(err))
		}
		beside := domain.New(f.Config)
		round := func(after time.Duration, wanted string, warning string) {
			t.Helper()
			now = began.Add(after)
			n := len(f.facts.all)
			for range 2 {
				var both sync.WaitGroup
				for _, s := range []*domain.Service{f.Service, beside} {
					both.Go(func() {
						if err := s.TellEnds(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				both.Wait()
			}
			if got := strings.Join(f.since(n), ", "); got != wanted {
				t.Errorf("after %v: %q, want %q", after, got, wanted)
			}
			if got := strings.Join(f.Warnings(d), ", "); warning == "" && got != "" || !strings.Contains(got, warning) {
				t.Errorf("after %v the warning is %q", after, got)
			}
		}
		const day = 24 * time.Hour
		round(59*day, "", "")
		round(61*day, "certificate_ending 720h0m0s", "ends soon, on ")
		round(62*day, "", "ends soon")
		round(84*day, "certificate_ending 168h0m0s", "ends soon")
		round(91*day, "certificate_ended", "ended on ") // the one of a day before was missed
		round(92*day, "", "ended on ")
		if f.Certificate("example.com") == nil {
			t.Error("what has ended is not shown")
		}
		// What is set for less than 30 days is told of from 7 on.
		now = time.Now()
		chain = signed(t, authority(t, nil), key, func(c *x509.Certificate) {
			c.DNSNames, c.NotAfter = []string{"example.com"}, now.Add(20*24*time.Hour)
		})
		if d, err = f.SetCertificate(ctx, "acme", "example.com", chain.pem, pemOf(t, key)); err != nil {
			t.Fatal(text(err))
		}
		began = now
		round(0, "", "ends soon")
		round(19*day, "certificate_ending 24h0m0s", "ends soon")
	})
}

// TestARecordThatIsGoneIsTold after days, and takes no proof away.
func TestARecordThatIsGoneIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, began := as(t.Context(), "ada", "acme"), time.Now()
		now := began
		f.Clock = func() time.Time { return now }
		f.proven(t, acme, "example.com")
		if _, err := f.Add(ctx, acme, "corp.example"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Approve(as(t.Context(), "operator", "platform"), "acme", "corp.example", "shown"); err != nil {
			t.Fatal(err)
		}
		n := len(f.facts.all)
		look := func(hours int, wanted ...string) domain.Domain {
			t.Helper()
			now = began.Add(time.Duration(hours) * time.Hour)
			for range 2 {
				if err := f.LookAgain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.since(n); !slices.Equal(got, wanted) {
				t.Errorf("after %d hours: %v, want %v", hours, got, wanted)
			}
			d, err := f.Domain(ctx, "acme", "example.com")
			if err != nil || d.State != domain.Verified {
				t.Fatalf("%+v, %v", d, err)
			}
			return d
		}
		if d := look(25); d.Proof.MissingSince != nil {
			t.Error("missing though it is there")
		}
		kept := f.records.all
		f.records.all = map[string][]string{}
		if d := look(30); d.Proof.MissingSince != nil {
			t.Error("looked at before its time")
		}
		if d := look(50); d.Proof.MissingSince == nil || len(f.Warnings(d)) > 0 {
			t.Errorf("%+v, %v", d.Proof, f.Warnings(d))
		}
		look(75)
		f.records.err = errors.New("nobody answers")
		look(100)
		f.records.err = nil
		if d := look(125, "record_missing"); len(f.Warnings(d)) != 1 || !strings.Contains(f.Warnings(d)[0], d.Record.Value) {
			t.Errorf("%v", f.Warnings(d))
		}
		look(150, "record_missing")
		f.records.all = kept
		if d := look(175, "record_missing"); d.Proof.MissingSince != nil || len(f.Warnings(d)) > 0 {
			t.Errorf("%+v", d.Proof)
		}
		asked := 0
		f.Resolver = counting{f.Resolver, &asked}
		now = began.Add(1000 * time.Hour)
		if err := f.LookAgain(t.Context()); err != nil || asked != 1 {
			t.Errorf("%d records are looked up, %v", asked, err)
		}
	})
}

// counting is a Resolver that counts.
type counting struct {
	domain.Resolver
	asked *int
}

func (c counting) TXT(ctx context.Context, name string) ([]string, error) {
	*c.asked++
	return c.Resolver.TXT(ctx, name)
}
