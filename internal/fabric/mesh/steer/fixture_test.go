package steer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/steer"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// stages are what is in force, and where services of the target answer.
type stages struct {
	mu       sync.Mutex
	policies []mesh.Policy
	addrs    map[string]string
	// admin is where port 9090 of a service answers, which has 8080 at addrs, too.
	admin map[string]string
	// release serves of each service, and next takes over with a share of weight.
	release string
	next    shared
	changed chan struct{}
}

type shared struct {
	addr, release string
	weight        int
}

func (s *stages) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stages) Turned() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}
func (s *stages) Moved() <-chan struct{} { return s.Turned() }

func (s *stages) Table(scope kernel.Scope) *mesh.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	if scope != dev() {
		return mesh.NewTable(scope, "localhost", nil)
	}
	return mesh.NewTable(scope, "localhost", s.policies)
}

func (s *stages) ServiceNames(kernel.Scope) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.addrs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *stages) Ports(_ kernel.Scope, service string) []string {
	if _, _, ok := s.Upstream(dev(), service, ""); ok {
		return []string{"", "8080"}
	}
	if _, _, ok := s.Upstream(dev(), service, "9090"); ok {
		return []string{"8080", "9090"}
	}
	return nil
}

func (s *stages) Upstream(_ kernel.Scope, service, port string) (addr, release string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	addr, ok = s.addrs[service]
	switch admin, several := s.admin[service]; {
	case several && port == "":
		return "", "", false
	case port == "9090":
		addr, ok = admin, several
	}
	return addr, s.release, ok
}

func (s *stages) Shared(_ kernel.Scope, service, _ string) (addr, release string, weight int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addrs[service] == "" {
		return "", "", 0
	}
	return s.next.addr, s.next.release, s.next.weight
}

// say has documents be in force.
func (s *stages) say(t *testing.T, documents ...string) {
	t.Helper()
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: strings.Join(documents, "---\n")})
	must(t, err)
	policies := make([]mesh.Policy, 0, len(docs))
	for _, d := range docs {
		policies = append(policies, mesh.Policy{Scope: dev(), Kind: d.Kind, Name: d.Name, Spec: d.Spec})
	}
	s.change(func() { s.policies = policies })
}

// plane is a control plane that can be stopped and started at one address.
type plane struct {
	*stages

	pki   *pki.Service
	graph *graph.Service
	addr  string
	roots string
	// sidecars are those that the server of now knows.
	sidecars *beside.Sidecars
	stop     func()
	// at is the time that the server is told; nil is that of the system.
	at atomic.Pointer[time.Time]
	// shares, where it is not nil, is given what the server knows of sidecars.
	shares func(*beside.Sidecars)
}

func (p *plane) now() time.Time {
	if at := p.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// later has the server's clock stand still, so much later than it is or stood.
func (p *plane) later(d time.Duration) {
	at := p.now().Add(d)
	p.at.Store(&at)
}

func newPlane(t *testing.T) *plane {
	t.Helper()
	return newPlaneWith(t, &graph.Service{Store: nowhere{}, Tx: nowhere{}})
}

func newPlaneWith(t *testing.T, g *graph.Service) *plane {
	t.Helper()
	g.Domain = "localhost"
	p := &plane{graph: g, stages: &stages{addrs: map[string]string{}, changed: make(chan struct{})}, pki: pkitest.Start(t, pki.Options{Zones: []string{"localhost"}}), addr: "127.0.0.1:0"}
	p.roots = filepath.Join(t.TempDir(), "root.pem")
	must(t, os.WriteFile(p.roots, p.pki.Authority().RootPEM(), 0o600))
	p.start(t)
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *plane) start(t *testing.T) {
	t.Helper()
	p.sidecars = beside.New()
	about := xds.Config{Beside: p.sidecars, Tables: p, Instances: p, Trust: p.pki.Workloads(), Clock: p.now, Certificate: p.pki.Authority().GetCertificate, Log: slog.New(slog.DiscardHandler)}
	if p.shares != nil {
		p.shares(about.Beside)
	}
	about.Also = steer.New(about, p.graph).Register
	server, err := xds.Listen(context.Background(), p.addr, about)
	must(t, err)
	p.addr = server.Addr().String()
	p.stop = sync.OnceFunc(func() { _ = server.Close() })
}

// nowhere keeps no counts.
type nowhere struct{ graph.Store }

func (nowhere) Take(context.Context, kernel.Scope, string, string, int64, time.Time) (bool, error) {
	return true, nil
}

func (nowhere) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func (nowhere) Add(context.Context, []traffic.Count) error { return nil }

// always has every process be one workload of a stage.
type always struct {
	kernel.Scope

	name string
}

func (a always) Workload(int) (kernel.Scope, string, bool) { return a.Scope, a.name, true }

// beside starts a sidecar beside an application that says its name, and how it was asked.
func (p *plane) beside(t *testing.T, scope kernel.Scope, name, says string) *sidecar.Sidecar {
	t.Helper()
	s, _ := p.besideRelease(t, scope, name, says, "")
	return s
}

// besideRelease is beside for a process of a release; app is where that answers in the clear.
func (p *plane) besideRelease(t *testing.T, scope kernel.Scope, name, says, release string) (s *sidecar.Sidecar, app string) {
	t.Helper()
	app = application(t, says)
	c := p.config(t, scope, name, app)
	c.Release = release
	s = run(t, c)
	eventually(t, name+" knows what to do", s.Ready)
	return s, app
}

// config is that of a sidecar beside an application.
func (p *plane) config(t *testing.T, scope kernel.Scope, name, app string) sidecar.Config {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	api, err := workloadapi.New(workloadapi.Config{Issuer: p.pki, Trust: p.pki.Workloads(), Processes: always{scope, name}, Log: log})
	must(t, err)
	l, err := api.Listen(context.Background(), filepath.Join(t.TempDir(), "w.sock"))
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	return sidecar.Config{
		Inbound: "127.0.0.1:0", Outbound: "127.0.0.1:0", Application: app, Control: p.addr, Roots: p.roots,
		WorkloadAPI: "unix://" + l.Path(), Registry: prometheus.NewRegistry(), Log: log, ReportEvery: 20 * time.Millisecond,
	}
}

// run runs a sidecar until the test ends.
func run(t *testing.T, c sidecar.Config) *sidecar.Sidecar {
	t.Helper()
	s, err := sidecar.New(context.Background(), c)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
	return s
}

func application(t *testing.T, says string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, says) }))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// ask has the process beside a sidecar ask a service.
func ask(t *testing.T, at *sidecar.Sidecar, service, path string, headers ...string) (status int, said string) {
	t.Helper()
	_, port := at.Ports()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), http.NoBody)
	must(t, err)
	r.Host = service
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(body)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
