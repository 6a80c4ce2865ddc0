package appcli_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/appcli"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestSidecarTellsWhoItIs runs the command on ports of its own.
func TestSidecarTellsWhoItIs(t *testing.T) {
	t.Parallel()
	_, address, _ := workloadAPI(t)
	document := filepath.Join(t.TempDir(), "mesh.yaml")
	if err := os.WriteFile(document, []byte("authorization: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var out printed
	ended := make(chan int, 1)
	go func() {
		ended <- appcli.Run(ctx, "test", []string{"sidecar", "--workload-api", address, "--document", document, "--inbound", "127.0.0.1:0", "--outbound", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, &out, &out)
	}()
	until(t, "its identity", func() bool { return strings.Contains(out.String(), webID) })
	stop()
	if status := <-ended; status != 0 {
		t.Errorf("%d %s", status, &out)
	}
}

func TestSidecarSaysWhatIsWrongWithItsFlags(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"→ write it like":            {},
		"→ use a loopback address":   {"--document", "mesh.yaml", "--outbound", "0.0.0.0:15001"},
		`--inbound is "8443"`:        {"--document", "mesh.yaml", "--inbound", "8443"},
		`--application is ":8080"`:   {"--document", "mesh.yaml", "--application", ":8080"},
		`--control is "localhost"`:   {"--control", "localhost", "--roots", "root.pem"},
		`--admin is "x"`:             {"--document", "mesh.yaml", "--admin", "x"},
		`--workload-api is "/w.sock`: {"--document", "mesh.yaml", "--workload-api", "/w.sock"},
		`log level "loud"`:           {"--document", "mesh.yaml", "--log-level", "loud"},
		"unknown flag: --nonsense":   {"--nonsense"},
	} {
		if said := terraced(t, 2, append([]string{"sidecar", "--workload-api", "unix:///w.sock"}, args...)...); !strings.Contains(said, want) {
			t.Errorf("%s: %s", want, said)
		}
	}
}

func TestSidecarSaysWhatIsWrongWithinItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, args := range map[string][]string{
		"→ name a file":                  {"--document", filepath.Join(dir, "none.yaml")},
		"mesh.yaml:2:12: ":               {"--document", file("mesh.yaml", "authorization:\n  - from: [web]\n")},
		"roots.pem has no certificate":   {"--control", "localhost:7083", "--roots", file("roots.pem", "nothing")},
		"→ write them with: terrace ca ": {"--control", "localhost:7083", "--roots", filepath.Join(dir, "none.pem")},
	} {
		if said := terraced(t, 1, append([]string{"sidecar", "--workload-api", "unix:///w.sock"}, args...)...); !strings.Contains(said, want) {
			t.Errorf("%s: %s", want, said)
		}
	}
}

// nobody has no process be a workload.
type nobody struct{}

func (nobody) Workload(int) (kernel.Scope, string, bool) { return kernel.Scope{}, "", false }

// TestSidecarOfNobodyIsNotReadyAndSaysWhy waits for an identity that does not come.
func TestSidecarOfNobodyIsNotReadyAndSaysWhy(t *testing.T) {
	t.Parallel()
	authority, dir := pkitest.Start(t, pki.Options{}), t.TempDir()
	s, err := workloadapi.New(workloadapi.Config{Issuer: authority, Trust: authority.Workloads(), Processes: nobody{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	api, err := s.Listen(t.Context(), filepath.Join(dir, "w.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	document := filepath.Join(dir, "mesh.yaml")
	if err := os.WriteFile(document, []byte("authorization: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := l.Addr().String()
	_ = l.Close()
	ctx, stop := context.WithCancel(t.Context())
	var out printed
	ended := make(chan int, 1)
	go func() {
		ended <- appcli.Run(ctx, "test", []string{"sidecar", "--workload-api", "unix://" + api.Path(), "--document", document, "--inbound", "127.0.0.1:0", "--outbound", "127.0.0.1:0", "--admin", admin}, &out, &out)
	}()
	said := ""
	until(t, "why it is not ready", func() bool {
		resp, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		said = fmt.Sprint(resp.StatusCode, " ", string(body), err)
		return strings.HasPrefix(said, "503 the Workload API at unix://"+api.Path()+" knows this process as no workload: ") && strings.Contains(said, "→ start it as a process of the workload")
	})
	stop()
	if status := <-ended; status != 0 || !strings.Contains(out.String(), "start it as a process") {
		t.Errorf("%d %s", status, &out)
	}
}
