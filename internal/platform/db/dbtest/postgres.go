package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ServerVariable names the environment variable with the URL of a PostgreSQL
// server to use instead of starting one.
const ServerVariable = "TERRACE_TEST_POSTGRES"

//nolint:gochecknoglobals // one server serves all tests of a process
var server = sync.OnceValues(startServer)

// NewPostgres creates an empty database and returns its URL. It skips the test
// where PostgreSQL's programs are missing.
func NewPostgres(t testing.TB) string {
	t.Helper()
	return copyOf(t, "template1")
}

// copyOf creates a database like another one, for one test.
func copyOf(t testing.TB, template string) string {
	t.Helper()
	base := serverOrSkip(t)
	name := strings.ReplaceAll(kernel.NewID("t"), "-", "_")
	execute(t, base, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { execute(t, base, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return at(t, base, name)
}

// serverOrSkip returns the URL of the server, or skips the test.
func serverOrSkip(t testing.TB) string {
	t.Helper()
	base, err := server()
	if err != nil {
		t.Skipf("no PostgreSQL to test on: %v", err)
	}
	return base
}

// at is the URL of a database of the server.
func at(t testing.TB, base, name string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func execute(t testing.TB, base, statement string) {
	t.Helper()
	conn, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// startServer starts a throw-away cluster on loopback. It dies with this
// process, and its files are in the system's temporary folder.
func startServer() (string, error) {
	if base := os.Getenv(ServerVariable); base != "" {
		return base, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, credential, err := clusterFolder()
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "terrace", "-A", "trust", "-E", "UTF8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=300")
	postgres.Dir, postgres.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGQUIT}
	if err := postgres.Start(); err != nil {
		return "", fmt.Errorf("start postgres: %w", err)
	}
	base := fmt.Sprintf("postgres://terrace@127.0.0.1:%d/postgres?sslmode=disable", port)
	return base, waitFor(base)
}

func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", fmt.Errorf("initdb is neither on PATH nor under /usr/lib/postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// clusterFolder makes the cluster's folder and tells as whom to run: PostgreSQL
// refuses to run as root.
func clusterFolder() (string, *syscall.Credential, error) {
	dir, err := os.MkdirTemp("", "terrace-postgres-")
	if err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
	}
	return "", nil, fmt.Errorf("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener
}

func waitFor(base string) error {
	conn, err := sql.Open("pgx", base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for range 200 {
		if err = conn.PingContext(context.Background()); err == nil {
			return nil
		}
		<-time.After(50 * time.Millisecond)
	}
	return fmt.Errorf("postgres did not become ready: %w", err)
}
