// Package azuresimtest starts a simulated Azure for a test and runs terraform or tofu
// against it.
//
// It owns the set-up. What is expected is the test's.
package azuresimtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

// MirrorVariable names the environment variable with the folder of a filesystem mirror that has
// hashicorp/azurerm. Tests with the real provider skip without it.
const MirrorVariable = "TERRACE_AZURERM_MIRROR"

// Sim is a simulator of one test.
type Sim struct {
	*azuresim.Server
	// Client calls its operations API.
	Client *azuresimclient.Client
}

// Start starts a simulator in memory that ends with the test.
func Start(t *testing.T) *Sim {
	t.Helper()
	return StartWith(t, azuresim.Config{Announce: t.TempDir()})
}

// StartWith starts a simulator by a configuration that says where it announces itself.
func StartWith(t *testing.T, cfg azuresim.Config) *Sim {
	t.Helper()
	server, err := azuresim.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) }) // a test may have closed it
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running, err := azuresimclient.Find(folder(cfg))
	if err != nil {
		t.Fatal(err)
	}
	client, err := azuresimclient.New(running)
	if err != nil {
		t.Fatal(err)
	}
	return &Sim{server, client}
}

func folder(cfg azuresim.Config) string {
	if cfg.Announce != "" {
		return cfg.Announce
	}
	return cfg.Data
}

// Environ is the test's environment with the simulator's variables, and no others that
// reach a cloud.
func (s *Sim) Environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "ARM_") || strings.HasPrefix(pair, "AZURE_") || strings.HasPrefix(pair, "TF_")
	})
	for name, value := range s.Env() {
		env = append(env, name+"="+value)
	}
	return append(env, "CHECKPOINT_DISABLE=1")
}

// HTTP is a client that trusts the simulator and goes through its proxy.
func (s *Sim) HTTP(t *testing.T) *http.Client {
	t.Helper()
	roots, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(roots)
	proxy, err := url.Parse(s.Env()["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Terraform runs terraform or tofu in a folder and returns what it printed. The provider comes
// from the mirror; without one the test is skipped.
func (s *Sim) Terraform(t *testing.T, tool, dir string, args ...string) (string, error) {
	t.Helper()
	mirror := os.Getenv(MirrorVariable)
	if mirror == "" {
		t.Skipf("%s names no folder with hashicorp/azurerm", MirrorVariable)
	}
	program, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not on PATH", tool)
	}
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir, c.Env = dir, append(s.Environ(), "TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1")
	out, err := c.CombinedOutput()
	return string(out), err
}
