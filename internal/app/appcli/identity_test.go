package appcli_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/appcli"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// web has every process be the workload web.
type web struct{}

func (web) Workload(int) (kernel.Scope, string, bool) {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, "web", true
}

const webID = "spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/web"

// workloadAPI serves one; ahead is how far its clock is.
func workloadAPI(t *testing.T) (s *workloadapi.Service, address string, ahead *atomic.Int64) {
	t.Helper()
	authority := pkitest.Start(t, pki.Options{})
	ahead = &atomic.Int64{}
	s, err := workloadapi.New(workloadapi.Config{
		Issuer: authority, Trust: authority.Workloads(), Processes: web{}, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Listen(t.Context(), filepath.Join(t.TempDir(), "workload.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return s, "unix://" + l.Path(), ahead
}

// printed is what a command prints while it runs.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestIdentityWritesFilesAnewWithEachRenewal(t *testing.T) {
	t.Parallel()
	s, address, ahead := workloadAPI(t)
	dir := filepath.Join(t.TempDir(), "tls")
	ctx, stop := context.WithCancel(t.Context())
	var out printed
	ended := make(chan int, 1)
	go func() {
		ended <- appcli.Run(ctx, "test", []string{"identity", "--workload-api", address, "--write", dir, "--watch"}, &out, &out)
	}()
	serial := func() string {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "svid.pem"), filepath.Join(dir, "svid_key.pem"))
		if err != nil {
			return ""
		}
		trusted, err := os.ReadFile(filepath.Join(dir, "bundle.pem"))
		roots := x509.NewCertPool()
		if err != nil || !roots.AppendCertsFromPEM(trusted) {
			t.Error("there is no bundle", err)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots}); err != nil || pair.Leaf.URIs[0].String() != webID {
			t.Error(pair.Leaf.URIs, err)
		}
		return pair.Leaf.SerialNumber.Text(16)
	}
	until(t, "the files", func() bool { return serial() != "" })
	first := serial()
	if info, err := os.Stat(filepath.Join(dir, "svid_key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	until(t, "it is watched", func() bool {
		all := s.Standings(kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"})
		return len(all) == 1 && all[0].Watchers == 1
	})
	ahead.Store(int64(17 * time.Hour))
	if err := s.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "other files", func() bool { now := serial(); return now != "" && now != first })
	stop()
	if status := <-ended; status != 0 || strings.Count(out.String(), webID) != 2 {
		t.Errorf("%d %s", status, &out)
	}
}

func TestIdentityPrintsATokenForAnAudience(t *testing.T) {
	t.Parallel()
	_, address, _ := workloadAPI(t)
	if token := terraced(t, 0, "identity", "--workload-api", address, "--audience", "billing"); strings.Count(token, ".") != 2 {
		t.Error(token)
	}
	if said := terraced(t, 0, "identity", "--workload-api", address); !strings.HasPrefix(said, webID+"\n") {
		t.Error(said)
	}
	terraced(t, 2, "identity", "--audience", "billing", "--watch")
}
