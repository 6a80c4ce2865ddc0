package sidecar_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func idOf(name string) string {
	return "spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/" + name
}

// always has every process be one workload.
type always string

func (a always) Workload(int) (kernel.Scope, string, bool) {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, string(a), true
}

// identities are the Workload API of one workload.
type identities struct {
	*workloadapi.Service

	address string
	ahead   atomic.Int64
}

func newIdentities(t testing.TB, authority *pki.Service, name string) *identities {
	t.Helper()
	i := &identities{}
	var err error
	i.Service, err = workloadapi.New(workloadapi.Config{
		Issuer: authority, Trust: authority.Workloads(), Processes: always(name), Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(i.ahead.Load())) },
	})
	must(t, err)
	l, err := i.Listen(context.Background(), filepath.Join(t.TempDir(), "workload.sock"))
	must(t, err)
	i.address = "unix://" + l.Path()
	t.Cleanup(func() { must(t, l.Close()) })
	return i
}

// rotate makes the SVID anew.
func (i *identities) rotate(t testing.TB) {
	t.Helper()
	i.ahead.Add(int64(17 * time.Hour))
	must(t, i.Round(context.Background()))
}

// beside is a sidecar with the identity that it has.
type beside struct {
	*sidecar.Sidecar

	identities *identities
	registry   *prometheus.Registry
	document   string
}

// inbound is where others come in.
func (b *beside) inbound() string {
	port, _ := b.Ports()
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// write replaces the document.
func (b *beside) write(t testing.TB, text string) {
	t.Helper()
	must(t, os.WriteFile(b.document+".new", []byte(text), 0o600))
	must(t, os.Rename(b.document+".new", b.document))
}

// start starts a sidecar beside an application.
func start(t testing.TB, authority *pki.Service, name, application, document string) *beside {
	t.Helper()
	return startWith(t, authority, name, document, sidecar.Config{Application: application})
}

func startWith(t testing.TB, authority *pki.Service, name, document string, c sidecar.Config) *beside {
	t.Helper()
	b := &beside{identities: newIdentities(t, authority, name), registry: prometheus.NewRegistry(), document: filepath.Join(t.TempDir(), "mesh.yaml")}
	b.write(t, document)
	c.Inbound, c.Outbound, c.Document, c.WorkloadAPI = "127.0.0.1:0", "127.0.0.1:0", b.document, b.identities.address
	c.Registry, c.Log = b.registry, slog.New(slog.DiscardHandler)
	var err error
	b.Sidecar, err = sidecar.New(context.Background(), c)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
	eventually(t, name+" has an identity", b.Ready)
	return b
}

// shows waits until who comes in is shown the SVID of now.
func (b *beside) shows(t testing.TB) {
	t.Helper()
	want := b.identities.Standings(scope())[0].Serial
	eventually(t, "the certificate of now is shown", func() bool {
		c, err := tls.Dial("tcp", b.inbound(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return false
		}
		defer func() { _ = c.Close() }()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Text(16) == want
	})
}

// ask asks a service through the sidecar's outbound port.
func (b *beside) ask(ctx context.Context, method, service, path string) (status int, body string, err error) {
	_, port := b.Ports()
	r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), http.NoBody)
	if err != nil {
		return 0, "", err
	}
	r.Host = service
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(content), err
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// app is an application that says what it was asked.
func app(t testing.TB, says string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s", says, r.Host, r.Header.Get("X-Forwarded-Client-Cert"))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// calls is a document that calls a service at a place.
func calls(service, id string, instances ...string) string {
	list, _ := json.Marshal(instances)
	return "services: [{name: " + service + ", versions: [{name: v1, identity: " + id + ", instances: " + string(list) + "}]}]"
}

func allows(id string) string { return "authorization: [{from: [" + id + "]}]" }

func authorities(t testing.TB) *pki.Service {
	t.Helper()
	return pkitest.Start(t, pki.Options{})
}

func operator() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1", Name: "operator", Tenant: "default"})
}

// stream asks again and again, until it is stopped, and counts.
type stream struct {
	stop     chan struct{}
	all      sync.WaitGroup
	asked    atomic.Int64
	failures sync.Map
}

func (b *beside) stream(service string, callers int) *stream {
	s := &stream{stop: make(chan struct{})}
	for range callers {
		s.all.Go(func() {
			for {
				select {
				case <-s.stop:
					return
				default:
				}
				status, body, err := b.ask(context.Background(), http.MethodPost, service, "/")
				if s.asked.Add(1); err != nil || status != http.StatusOK {
					s.failures.Store(fmt.Sprintf("%d %s %v", status, body, err), true)
				}
			}
		})
	}
	return s
}

// more waits until so many more requests were answered.
func (s *stream) more(t testing.TB, n int64) {
	t.Helper()
	until := s.asked.Load() + n
	eventually(t, "requests are answered", func() bool { return s.asked.Load() >= until })
}

// end stops asking, and tells of each failure.
func (s *stream) end(t testing.TB) int64 {
	t.Helper()
	close(s.stop)
	s.all.Wait()
	s.failures.Range(func(what, _ any) bool {
		t.Errorf("of %d requests failed: %s", s.asked.Load(), what)
		return true
	})
	return s.asked.Load()
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

func scope() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// problems are what an error says, with the places.
func problems(err error) string {
	var known *kernel.Error
	if !errors.As(err, &known) {
		return fmt.Sprint(err)
	}
	var out strings.Builder
	for _, p := range known.Problems {
		_, _ = fmt.Fprintf(&out, "%d:%d %s\n", p.Line, p.Column, p)
	}
	return out.String()
}
