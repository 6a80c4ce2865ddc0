package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// severed is a way to a database that can be cut.
type severed struct {
	to   string
	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

// way returns the URL of a database by a way that is cut by a call.
func way(t *testing.T, database string) (through string, s *severed) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = &severed{to: u.Host, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); s.sever(true) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.pass(c)
		}
	}()
	u.Host = l.Addr().String()
	return u.String(), s
}

func (s *severed) pass(from net.Conn) {
	to, err := net.Dial("tcp", s.to)
	if err != nil {
		_ = from.Close()
		return
	}
	s.mu.Lock()
	cut := s.cut
	s.open[from], s.open[to] = true, true
	s.mu.Unlock()
	if cut {
		s.sever(true)
	}
	go func() { _, _ = io.Copy(to, from); _ = to.Close() }()
	_, _ = io.Copy(from, to)
	_ = from.Close()
}

// sever cuts the way, with all that goes over it, or mends it.
func (s *severed) sever(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
	for c := range s.open {
		_ = c.Close()
		delete(s.open, c)
	}
}

// plane is a data plane of its own.
type plane struct {
	health, address string
	client          *http.Client
	// without asks without the key.
	without *plane
}

func (p plane) ready() string {
	resp, err := http.Get("http://" + p.health + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

func (p plane) get(host string) (string, error) {
	resp, err := p.client.Get("https://" + host + "/")
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s %s", resp.StatusCode, resp.Header.Get("X-Round"), body), err
}

// startPlane starts terraced gateway beside a control plane.
func startPlane(t *testing.T, root string, arguments ...string) plane {
	t.Helper()
	p := plane{health: harness.FreeAddress(t), address: harness.FreeAddress(t)}
	var log bytes.Buffer
	cmd := exec.Command(harness.Bin(t, "terraced"), append(arguments, "--listen", p.health, "--gateway", p.address, "--gateway-http", harness.FreeAddress(t))...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("terraced gateway ends with %v", err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	harness.Eventually(t, "the gateway is ready", func() (string, bool) { now := p.ready(); return now, strings.HasPrefix(now, "200 ") })
	p.client = clientAt(t, root, p.address)
	bare := p
	p.without = &bare
	p.client = &http.Client{Timeout: time.Minute, Transport: keyed{p.client.Transport}}
	return p
}

// clientAt finds every host at a gateway, whose authority has a root in a file.
func clientAt(t *testing.T, root, address string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// load asks as long as it lasts, and counts.
type load struct {
	asked, failed atomic.Int64
	stop          context.CancelFunc
	all           sync.WaitGroup
}

func (p plane) load(ctx context.Context, t *testing.T, host string) *load {
	t.Helper()
	l := &load{}
	ctx, l.stop = context.WithCancel(ctx)
	for range 4 {
		l.all.Go(func() {
			for ctx.Err() == nil {
				said, err := p.get(host)
				l.asked.Add(1)
				if err != nil || !strings.HasPrefix(said, "200 ") {
					l.failed.Add(1)
					t.Logf("a request failed: %s, %v", said, err)
				}
			}
		})
	}
	return l
}

func (l *load) end() (asked, failed int64) {
	l.stop()
	l.all.Wait()
	return l.asked.Load(), l.failed.Load()
}

// TestADataPlaneOfItsOwn runs terraced gateway beside a control plane on PostgreSQL: routes
// are swapped under load, then the database goes, and comes back.
func TestADataPlaneOfItsOwn(t *testing.T) {
	t.Parallel()
	ctx, shared := t.Context(), t.TempDir()
	database := dbtest.NewPostgres(t)
	through, line := way(t, database)
	common := []string{
		"--key", "file://" + filepath.Join(shared, "kek"), "--pki", filepath.Join(shared, "pki"), "--tenant-keys", "file://" + filepath.Join(shared, "tenant-keys"),
		"--gateway-networks", "127.0.0.0/8",
	}
	role := func(database string, extra ...string) []string {
		return append(append([]string{"gateway", "--data", filepath.Join(t.TempDir(), "data"), "--database", database}, common...), extra...)
	}
	// Before there is a control plane, it says what it needs.
	notStarted(t, role(through), "key: there is no key in")

	control := harness.Start(t, append([]string{"--database", database}, common...)...)
	shop := control.Project(ctx, t, "shop")
	legacy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "legacy") }))
	t.Cleanup(legacy.Close)
	p := startPlane(t, filepath.Join(shared, "pki", "root.pem"), role(through)...)

	host := "old.dev." + shop.Project + ".localhost"
	file := filepath.Join(t.TempDir(), "routes.yaml")
	apply := func(round int) {
		t.Helper()
		const document = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: old}\nspec:\n  hosts: [%s]\n  rules:\n    - backends: [{url: %q}]\n      responseHeaders: {set: [{name: X-Round, value: '%d'}]}\n"
		if err := os.WriteFile(file, fmt.Appendf(nil, document, host, legacy.URL, round), 0o600); err != nil {
			t.Fatal(err)
		}
		shop.Must(ctx, "gateway", "apply", "-f", file, "--stage", "dev")
		want := fmt.Sprintf("200 %d legacy", round)
		harness.Eventually(t, "the data plane serves round "+fmt.Sprint(round), func() (string, bool) {
			said, err := p.get(host)
			return fmt.Sprint(said, err), said == want
		})
	}
	apply(0)
	guarded := guard(ctx, t, shop, legacy.URL)
	harness.Eventually(t, "the data plane opens the secret that a policy names", func() (string, bool) {
		said, err := p.get(guarded)
		return fmt.Sprint(said, err), strings.HasPrefix(said, "200 ")
	})
	if said, err := p.without.get(guarded); err != nil || !strings.HasPrefix(said, "401 ") {
		t.Errorf("without the key: %s, %v", said, err)
	}
	l := p.load(ctx, t, host)
	for round := 1; round <= 6; round++ {
		apply(round)
	}
	if asked, failed := l.end(); failed > 0 || asked == 0 {
		t.Errorf("while routes were swapped %d of %d requests failed", failed, asked)
	} else {
		t.Logf("while routes were swapped 6 times none of %d requests failed", asked)
	}

	l = p.load(ctx, t, host)
	line.sever(true)
	harness.Eventually(t, "it knows that the database is away", func() (string, bool) {
		now := p.ready()
		return now, strings.HasPrefix(now, "200 ") && strings.Contains(now, "does not answer")
	})
	since := l.asked.Load()
	harness.Eventually(t, "it serves on without it", func() (string, bool) { n := l.asked.Load(); return fmt.Sprint(n), n > since+1000 })
	notStarted(t, role(through), "the database")
	if said, err := p.get(guarded); err != nil || !strings.HasPrefix(said, "200 ") {
		t.Errorf("a key of a secret, without the database: %s, %v", said, err)
	}
	if asked, failed := l.end(); failed > 0 {
		t.Errorf("while the database was away %d of %d requests failed", failed, asked)
	} else {
		t.Logf("while the database was away none of %d requests failed", asked)
	}
	line.sever(false)
	apply(8)
	harness.Eventually(t, "it knows that the database is back", func() (string, bool) {
		now := p.ready()
		return now, strings.Contains(now, `"database":"answers"`)
	})
}

// theKey is what the guarded route wants.
const theKey = "correct-horse-battery-staple"

// guard makes a route that wants a key, which is a secret of the control plane.
func guard(ctx context.Context, t *testing.T, shop harness.Person, to string) (host string) {
	t.Helper()
	host = "guarded.dev." + shop.Project + ".localhost"
	if r := shop.TerraceWith(ctx, []string{"TERRACE_SECRET_VALUE=" + theKey}, "secret", "set", "partner", "--stage", "dev"); r.Code != 0 {
		t.Fatal(r)
	}
	file := filepath.Join(t.TempDir(), "guarded.yaml")
	const documents = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: guarded}\nspec: {hosts: [%s], rules: [{backends: [{url: %q}]}]}\n---\n" +
		"apiVersion: gateway.terrace.dev/v1\nkind: AuthenticationPolicy\nmetadata: {name: partners}\n" +
		"spec: {targetRef: {route: guarded}, providers: [{name: partners, apiKey: {header: X-Api-Key, keys: [{name: batch, secret: '${secret:partner}'}]}}]}\n"
	if err := os.WriteFile(file, fmt.Appendf(nil, documents, host, to), 0o600); err != nil {
		t.Fatal(err)
	}
	shop.Must(ctx, "gateway", "apply", "-f", file, "--stage", "dev")
	return host
}

// keyed sends the key with each request.
type keyed struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Api-Key", theKey)
	return k.next.RoundTrip(r)
}

// notStarted starts terraced with arguments that it cannot start with.
func notStarted(t *testing.T, arguments []string, says ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), harness.Bin(t, "terraced"), append(arguments, "--listen", harness.FreeAddress(t), "--gateway", harness.FreeAddress(t), "--gateway-http", harness.FreeAddress(t))...).CombinedOutput()
	if err == nil {
		t.Fatalf("it started: %s", out)
	}
	for _, want := range says {
		if !strings.Contains(string(out), want) {
			t.Errorf("it says %s, and not %q", out, want)
		}
	}
}
