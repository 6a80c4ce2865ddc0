package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// caller is a client with roots of its own.
type caller struct {
	name       string
	roots      *x509.CertPool
	ok, failed int
}

// call shakes hands over TCP, several times.
func (c *caller) call(addr string, now func() time.Time) {
	for range 12 {
		conn, err := tls.Dial("tcp", addr, &tls.Config{ServerName: host, RootCAs: c.roots, MinVersion: tls.VersionTLS12, Time: now})
		if err != nil {
			c.failed++
			continue
		}
		c.ok++
		_ = conn.Close()
	}
}

// serve listens with an authority's certificates.
func serve(t *testing.T, a *pki.Authority) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: a.GetCertificate, MinVersion: tls.VersionTLS12})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func(conn net.Conn) {
				_ = conn.(*tls.Conn).Handshake() //nolint:forcetypeassert // what the listener gives
				_ = conn.Close()
			}(conn)
		}
	}()
	return l.Addr().String()
}

// TestARolloverFailsNoHandshake has a gateway serve clients that trust the old root alone, the
// new one alone from when it signs, and both, while the new one takes over and the old one is
// retired.
func TestARolloverFailsNoHandshake(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		gateway := i.gateway(t)
		addr := serve(t, gateway.Authority())
		old, both, young := &caller{name: "old"}, &caller{name: "both"}, &caller{name: "new"}
		old.roots, both.roots = s.Authority().Pool(), s.Authority().Pool()
		callers := []*caller{old, both}
		// during does something while all shake hands, and again once the gateway knows.
		during := func(do func() error) {
			t.Helper()
			var all sync.WaitGroup
			for _, c := range callers {
				all.Go(func() { c.call(addr, i.clock.now) })
			}
			must(t, do())
			must(t, gateway.Load(t.Context()))
			all.Wait()
			for _, c := range callers {
				c.call(addr, i.clock.now)
			}
		}
		during(func() error {
			_, err := s.Rotate(operator(t), pki.Rotation{Notice: time.Hour})
			return err
		})
		both.roots = s.Authority().Pool()
		if n := len(parsed(t, s.Authority().RootPEM())); n != 2 {
			t.Errorf("%d roots are trusted before the next one signs", n)
		}
		if shown(t, gateway.Authority(), host)[1].SerialNumber.Cmp(shown(t, s.Authority(), host)[1].SerialNumber) != 0 {
			t.Error("the next one signs before its time")
		}
		i.clock.advance(2 * time.Hour)
		during(func() error { return s.Maintain(t.Context()) })
		young.roots = pool(parsedPEM(t, s, pki.CAActive))
		callers = append(callers, young)
		// The old one is there for as long as the last certificate that it has signed.
		for range 4 {
			i.clock.advance(10 * day)
			during(func() error { return s.Maintain(t.Context()) })
		}
		if n := len(parsed(t, s.Authority().RootPEM())); n != 1 {
			t.Errorf("%d roots are trusted once the old one is retired", n)
		}
		for _, c := range callers {
			t.Logf("%s: %d handshakes, %d failed", c.name, c.ok, c.failed)
			if c.failed > 0 || c.ok < 96 {
				t.Errorf("%s: %d of %d handshakes failed", c.name, c.failed, c.failed+c.ok)
			}
		}
		for _, fact := range []string{"rotated", "activated", "retired"} {
			if len(i.facts.of("certificate-authority."+fact)) == 0 {
				t.Errorf("it is not told that one was %s", fact)
			}
		}
	})
}

// parsedPEM is the root in a state, as PEM.
func parsedPEM(t *testing.T, s *pki.Service, state pki.CAState) []byte {
	t.Helper()
	all, err := s.All(operator(t))
	must(t, err)
	for _, c := range all {
		if c.Kind == pki.CARoot && c.State == state {
			return []byte(c.PEM())
		}
	}
	t.Fatalf("no root is %s", state)
	return nil
}

func TestANextAuthorityIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		before := s.Authority().RootPEM()
		if _, err := s.Abort(operator(t)); !kernel.Is(err, kernel.Refused) {
			t.Errorf("nothing to abort: %v", err)
		}
		_, err := s.Rotate(operator(t), pki.Rotation{})
		must(t, err)
		if _, err := s.Rotate(operator(t), pki.Rotation{}); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("two at once: %v", err)
		}
		all, err := s.Abort(operator(t))
		must(t, err)
		if string(s.Authority().RootPEM()) != string(before) {
			t.Error("it is trusted still")
		}
		for _, c := range all {
			if c.State == pki.CAAborted && c.Sealed != nil {
				t.Error("its key is there still")
			}
		}
		i.clock.advance(2 * time.Hour)
		must(t, s.Maintain(t.Context()))
		must(t, server(shown(t, s.Authority(), host), pool(before), i.clock.now()))
		// Another one, at once.
		_, err = s.Rotate(operator(t), pki.Rotation{Notice: time.Hour})
		must(t, err)
		_, err = s.Activate(operator(t))
		must(t, err)
		must(t, server(shown(t, s.Authority(), host), pool(before), i.clock.now()))
		must(t, server(shown(t, s.Authority(), host), pool(parsedPEM(t, s, pki.CAActive)), i.clock.now()))
	})
}

// TestARootOfAFileIsReplaced has it sign until clients have had their time.
func TestARootOfAFileIsReplaced(t *testing.T) {
	t.Parallel()
	i, folder := sqlite(t), t.TempDir()
	legacy(t, folder)
	s := i.control(t, folder)
	old := s.Authority().RootPEM()
	if _, err := s.Rotate(operator(t), pki.Rotation{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "--without-cross-signature") {
		t.Errorf("clients would fail: %v", err)
	}
	_, err := s.Rotate(operator(t), pki.Rotation{Notice: 30 * day, WithoutCross: true})
	must(t, err)
	must(t, server(shown(t, s.Authority(), host), pool(old), i.clock.now()))
	i.clock.advance(31 * day)
	must(t, s.Maintain(t.Context()))
	chain := shown(t, s.Authority(), host)
	must(t, server(chain, s.Authority().Pool(), i.clock.now()))
	if len(chain) != 2 || server(chain, pool(old), i.clock.now()) == nil {
		t.Error("a root that can certify no authority has certified one")
	}
}

func TestWhoMayRotate(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	i.roles["ada"] = []string{"certificate.read acme"}
	if _, err := s.Rotate(as(t.Context(), "ada", "acme"), pki.Rotation{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("somebody rotates: %v", err)
	}
	for reason, r := range map[string]pki.Rotation{"a short notice": {Notice: time.Second}, "a root that people trust": {Distrust: true}} {
		if _, err := s.Rotate(operator(t), r); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
