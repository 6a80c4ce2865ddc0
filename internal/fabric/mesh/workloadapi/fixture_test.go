package workloadapi_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	spiffe "github.com/spiffe/go-spiffe/v2/workloadapi"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// asked is the environment variable that makes the test's program a client: its value is the
// socket, and it prints whom it is told to be.
const asked = "TERRACE_TEST_ASKS"

func TestMain(m *testing.M) {
	if socket := os.Getenv(asked); socket != "" {
		os.Exit(ask(socket))
	}
	os.Exit(m.Run())
}

// ask prints who this process is.
func ask(socket string) int {
	if group := os.Getenv("JOIN"); group != "" { // the group of another workload
		var pid int
		_, _ = fmt.Sscan(group, &pid)
		if err := syscall.Setpgid(0, pid); err != nil {
			fmt.Println("setpgid:", err)
			return 1
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	x, err := spiffe.FetchX509SVID(ctx, spiffe.WithAddr("unix://"+socket))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(x.ID)
	return 0
}

func named(name string) pki.Workload {
	return pki.Workload{Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Name: name}
}

func idOf(name string) string {
	return "spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/" + name
}

// processes has all processes be of one workload.
type processes struct{ name atomic.Pointer[string] }

func (p *processes) Workload(int) (kernel.Scope, string, bool) {
	if name := p.name.Load(); name != nil {
		return named(*name).Scope, *name, true
	}
	return kernel.Scope{}, "", false
}

func (p *processes) are(name string) { p.name.Store(&name) }

// plane is the API of a test.
type plane struct {
	*workloadapi.Service

	pki    *pki.Service
	socket string
	own    *processes
	// ahead is how far the clock of the API is.
	ahead atomic.Int64
}

func start(t *testing.T, whose workloadapi.Processes) *plane {
	t.Helper()
	p := &plane{pki: pkitest.Start(t, pki.Options{}), own: &processes{}}
	p.own.are("web")
	if whose == nil {
		whose = p.own
	}
	var err error
	p.Service, err = workloadapi.New(workloadapi.Config{
		Issuer: p.pki, Trust: p.pki.Workloads(), Processes: whose, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) },
	})
	must(t, err)
	l, err := p.Listen(t.Context(), filepath.Join(t.TempDir(), "workload.sock"))
	must(t, err)
	p.socket = l.Path()
	t.Cleanup(func() { must(t, l.Close()) })
	return p
}

func (p *plane) at() spiffe.ClientOption { return spiffe.WithAddr("unix://" + p.socket) }

// round has the API see what has changed.
func (p *plane) round(t *testing.T) {
	t.Helper()
	must(t, p.Round(t.Context()))
}

// operator is who runs the platform.
func operator(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1", Name: "operator", Tenant: "default"})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds; it says what does not.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// said is what a process has printed.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(s.text.String())
}

// serials are those of a bundle.
func subjects(certs []*x509.Certificate) (all []string) {
	for _, c := range certs {
		all = append(all, c.Subject.CommonName)
	}
	return all
}
