package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

// TestTheGatewaysCertificateExpiresUnderLoad has the certificates of the listener
// live for seconds, and each request shake hands: none of them fails, and none
// is shown a certificate that has ended.
func TestTheGatewaysCertificateExpiresUnderLoad(t *testing.T) {
	t.Parallel()
	f := startWith(t, pki.Options{LeafLife: 6 * time.Second}, nil)
	f.upstreams.start(t, "orders", "", says("ok"))
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	var mu sync.Mutex
	serials := map[string]bool{}
	var asked counts
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		client := f.newClient()
		client.Transport.(*http.Transport).DisableKeepAlives = true //nolint:forcetypeassert // what newClient makes
		wg.Go(func() {
			for ctx.Err() == nil {
				resp, err := client.Get(f.url(host, "/"))
				if err != nil || resp.StatusCode != http.StatusOK {
					asked.failed.Add(1)
					t.Logf("%v %v", resp, err)
					continue
				}
				_ = resp.Body.Close()
				leaf := resp.TLS.PeerCertificates[0]
				mu.Lock()
				serials[leaf.SerialNumber.String()] = true
				mu.Unlock()
				asked.ok.Add(1)
			}
		})
	}
	filtertest.Until(t, "what is counted", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(serials) >= 3
	})
	cancel()
	wg.Wait()
	t.Logf("%d handshakes with %d certificates, %d failed", asked.ok.Load(), len(serials), asked.failed.Load())
	if asked.failed.Load() > 0 {
		t.Errorf("%d requests failed", asked.failed.Load())
	}
}

// lines are what was logged.
type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), what)
}

// authorityOf signs certificates of a service.
type authorityOf struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthorityOf(t *testing.T) *authorityOf {
	t.Helper()
	a := &authorityOf{}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a
}

// until returns a certificate for a name that ends at a time.
func (a *authorityOf) until(t *testing.T, name string, end time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestAServicesCertificateExpiresUnderLoad has the certificate of one of two
// instances end: clients see nothing of it, writes included, since nothing was
// sent; the log says why it gets no more. A new certificate is taken at once.
// Where it is the only instance, its clients are told, and the clients of others
// see nothing.
func TestAServicesCertificateExpiresUnderLoad(t *testing.T) {
	t.Parallel()
	log, service := &lines{}, &fleet{}
	f := start(t, func(c *proxy.Config) { c.Upstreams, c.Log = service, slog.New(slog.NewTextHandler(log, nil)) })
	authority := newAuthorityOf(t)
	well := authority.until(t, "orders.internal", time.Now().Add(time.Hour))
	ended := authority.until(t, "orders.internal", time.Now().Add(-time.Minute))
	var first atomic.Pointer[tls.Certificate]
	first.Store(well)
	var asked atomic.Int64
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Backends[0].Settings = wire.Settings{
		Protocol: "https", TLS: &wire.TLS{ServerName: "orders.internal", CA: authority.pem}, Outliers: &wire.Outliers{BaseEjection: 1, MaxEjection: 1},
	}
	put(t, f.routes, dev, r)
	tlsInstance(t, service, func() *tls.Certificate { return first.Load() }, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	second := tlsInstance(t, service, func() *tls.Certificate { return well }, func(http.ResponseWriter, *http.Request) {})
	var reads, writes counts
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	f.load(ctx, &wg, host, http.MethodGet, &reads)
	f.load(ctx, &wg, host, http.MethodPost, &writes)
	more := func(n int64) {
		t.Helper()
		from, fromWrites := reads.ok.Load(), writes.ok.Load()
		filtertest.Until(t, "what is counted", func() bool {
			return reads.ok.Load()+reads.failed.Load() > from+n && writes.ok.Load()+writes.failed.Load() > fromWrites+n
		})
	}
	more(50)
	first.Store(ended)
	more(50)
	during := asked.Load()
	more(100)
	t.Logf("one of two has ended: reads %d ok, %d failed; writes %d ok, %d failed; it was asked %d times meanwhile",
		reads.ok.Load(), reads.failed.Load(), writes.ok.Load(), writes.failed.Load(), asked.Load()-during)
	first.Store(well)
	during = asked.Load()
	filtertest.Until(t, "what is counted", func() bool { return asked.Load() > during+20 })
	if reads.failed.Load()+writes.failed.Load() > 0 {
		t.Errorf("%d reads and %d writes failed", reads.failed.Load(), writes.failed.Load())
	}
	// The only one.
	first.Store(ended)
	service.remove(second)
	filtertest.Until(t, "what is counted", func() bool { return reads.failed.Load() > 20 && writes.failed.Load() > 20 })
	resp, body := f.get(t, host, "/")
	if resp.StatusCode != http.StatusBadGateway || !strings.Contains(body, "certificate") || log.count("certificate has expired") == 0 {
		t.Errorf("the only instance: %d %s", resp.StatusCode, body)
	}
	first.Store(well)
	filtertest.Until(t, "what is counted", func() bool { resp, _ := f.get(t, host, "/"); return resp.StatusCode == http.StatusOK })
	failed, failedWrites := reads.failed.Load(), writes.failed.Load()
	more(50)
	cancel()
	wg.Wait()
	t.Logf("the only one had ended: %d reads and %d writes failed, %d and %d since it is renewed", failed, failedWrites,
		reads.failed.Load()-failed, writes.failed.Load()-failedWrites)
	if since := reads.failed.Load() + writes.failed.Load() - failed - failedWrites; since > 8 { // those under way
		t.Errorf("%d failed with the new certificate", since)
	}
}

// tlsInstance adds an instance that ends each connection after an answer, so that
// every request shakes hands.
func tlsInstance(t *testing.T, to *fleet, certificate func() *tls.Certificate, h http.HandlerFunc) *instance {
	t.Helper()
	i := &instance{}
	i.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Connection", "close")
		h(w, r)
	}))
	i.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	i.server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate()}}, nil
	}}
	i.server.StartTLS()
	t.Cleanup(i.server.Close)
	to.mu.Lock()
	defer to.mu.Unlock()
	to.instances = append(to.instances, i)
	return i
}

// turning is a kind that stops obeying its policies.
type turning struct{ broken *atomic.Bool }

func (turning) Name() string { return "Turning" }

func (k turning) Compile(_ context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	var spec struct{ Mark string }
	if err := json.Unmarshal(p.Spec, &spec); err != nil {
		return nil, err
	}
	if at.Route != "" && k.broken.Load() {
		return nil, errors.New("this cannot be obeyed")
	}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) {
			next(x)
			x.Response.Header.Set("X-Mark", spec.Mark)
		}
	}, nil
}

// TestBadConfigurationUnderLoad writes what is refused, and what is accepted but
// cannot be obeyed any more, while clients ask: what was there before goes on, and
// no request fails.
func TestBadConfigurationUnderLoad(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	g := filtertest.Start(t, 0, says("ok"), turning{&broken})
	g.Policy(t, "Turning", `{"Mark": "first"}`)
	var ok, failed, marked atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				resp, body, err := g.Try(context.Background(), http.MethodGet, "/", "")
				if err != nil || resp.StatusCode != http.StatusOK || body != "ok" {
					failed.Add(1)
					continue
				}
				ok.Add(1)
				if resp.Header.Get("X-Mark") == "first" {
					marked.Add(1)
				}
			}
		})
	}
	more := func() {
		from := ok.Load()
		filtertest.Until(t, "what is counted", func() bool { return ok.Load() > from+100 || failed.Load() > 0 })
	}
	more()
	bad := gateway.ToService(filtertest.Route, "not a host", "", "orders", "")
	if _, err := g.Routes.PutRoute(t.Context(), filtertest.Scope(), bad); err == nil {
		t.Error("a route without a host is taken")
	}
	if err := g.Put(t.Context(), "Turning", `{"Mark": 1}`); err == nil {
		t.Error("a policy that cannot be read is taken")
	}
	more()
	broken.Store(true)
	if err := g.Put(t.Context(), "Turning", `{"Mark": "second"}`); err != nil {
		t.Fatal(err)
	}
	more()
	resp, _ := g.Do(t, http.MethodGet, "/", "")
	if resp.Header.Get("X-Mark") != "first" {
		t.Errorf("what could not be obeyed has left %q", resp.Header.Get("X-Mark"))
	}
	cancel()
	wg.Wait()
	t.Logf("%d ok, %d of them as before, %d failed", ok.Load(), marked.Load(), failed.Load())
	if failed.Load() > 0 || marked.Load() != ok.Load() {
		t.Errorf("%d failed; %d of %d as before", failed.Load(), marked.Load(), ok.Load())
	}
}
