package documenttest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Dynalite starts a server that speaks DynamoDB's protocol, and returns its address. It has
// no transactions, which are added here, see transactions. Where it is not installed the
// test is skipped.
func Dynalite(t *testing.T) string {
	t.Helper()
	script := filepath.Join(os.Getenv("TERRACE_TEST_PEERS"), "node_modules", "dynalite", "cli.js")
	port := freePort(t)
	serve(t, port, "node", script, "--host", "127.0.0.1", "--port", port, "--createTableMs", "0")
	return withTransactions(t, "http://127.0.0.1:"+port)
}

// Credentials of the server that FerretDB starts.
const (
	FerretUser     = "terrace"
	FerretPassword = "of-the-tests"
)

// FerretDB starts a server that speaks MongoDB's protocol on SQLite, and returns its host
// and port. Where it is not installed the test is skipped.
func FerretDB(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	serve(t, port, filepath.Join(os.Getenv("TERRACE_TEST_PEERS"), "bin", "ferretdb"), "--handler=sqlite", "--sqlite-url=file:"+t.TempDir()+"/",
		"--listen-addr=127.0.0.1:"+port, "--debug-addr=-", "--telemetry=disable", "--state-dir=-", "--log-level=error",
		"--test-enable-new-auth", "--setup-database=admin", "--setup-username="+FerretUser, "--setup-password="+FerretPassword)
	return "127.0.0.1:" + port
}

// serve runs a peer until the test ends, and returns when it takes connections.
func serve(t *testing.T, port, program string, args ...string) {
	t.Helper()
	needed := program
	if program == "node" {
		needed = args[0]
	}
	if _, err := os.Stat(needed); err != nil || os.Getenv("TERRACE_TEST_PEERS") == "" {
		t.Skipf("%s is not in the folder that TERRACE_TEST_PEERS names: make services installs it", filepath.Base(filepath.Dir(needed)))
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skip(err)
	}
	var said strings.Builder
	c := exec.CommandContext(context.Background(), path, args...) //nolint:gosec // a peer of the tests
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	var dialer net.Dialer
	for end := time.Now().Add(30 * time.Second); ; {
		conn, err := dialer.DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not take connections: %v", program, err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
