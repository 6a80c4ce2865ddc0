package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
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

// patience bounds the start of a server: a machine may have much else to do.
const patience = 2 * time.Minute

// errMissing says that PostgreSQL cannot be run here, which is no failure.
var errMissing = errors.New("PostgreSQL is not installed")

// cluster is a PostgreSQL server.
type cluster struct {
	// base is its URL.
	base string
	// shared says that it outlives the tests: what they made is removed.
	shared bool
}

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
	c := serverOrSkip(t)
	name := strings.ReplaceAll(kernel.NewID("t"), "-", "_")
	if err := c.execute("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.drop(name); err != nil {
			t.Error(err)
		}
	})
	where, err := c.at(name)
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// serverOrSkip returns the server. It skips the test where PostgreSQL's programs are
// missing, and fails where they do not work.
func serverOrSkip(t testing.TB) cluster {
	t.Helper()
	c, err := server()
	switch {
	case errors.Is(err, errMissing):
		t.Skipf("no PostgreSQL to test on: %v", err)
	case err != nil:
		t.Fatalf("no PostgreSQL to test on: %v", err)
	}
	return c
}

// at is the URL of a database of the server.
func (c cluster) at(name string) (string, error) {
	u, err := url.Parse(c.base)
	if err != nil {
		return "", fmt.Errorf("the address of the test server: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (c cluster) execute(statement string) error {
	conn, err := sql.Open("pgx", c.base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(context.Background(), statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func (c cluster) drop(name string) error {
	return c.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
}

// startServer starts a throw-away cluster on loopback. It dies with this
// process, and its files are in the system's temporary folder.
func startServer() (c cluster, err error) {
	if base := os.Getenv(ServerVariable); base != "" {
		return cluster{base: base, shared: true}, nil
	}
	bin, err := binaries()
	if err != nil {
		return cluster{}, err
	}
	dir, credential, err := clusterFolder()
	if err != nil {
		return cluster{}, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "terrace", "-A", "trust", "-E", "UTF8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		return cluster{}, fmt.Errorf("initdb: %w: %s", err, out)
	}
	for range portTries {
		if c, err = runServer(bin, dir, data, credential); err == nil || !errors.Is(err, errEnded) {
			return c, err
		}
	}
	return c, err
}

// portTries is how many ports are tried: one that was free may be taken meanwhile.
const portTries = 5

// errEnded says that the server ended before it was ready.
var errEnded = errors.New("postgres ended before it was ready")

// runServer starts the server, and waits until it is ready.
func runServer(bin, dir, data string, credential *syscall.Credential) (cluster, error) {
	port, err := freePort()
	if err != nil {
		return cluster{}, err
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=300")
	postgres.Dir, postgres.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGQUIT}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // it dies with the thread that started it, which is kept for it
		ended <- postgres.Run()
	}()
	c := cluster{base: fmt.Sprintf("postgres://terrace@127.0.0.1:%d/postgres?sslmode=disable", port)}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c, c.ready(ctx, data, ended)
}

func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", fmt.Errorf("%w: initdb is neither on PATH nor under /usr/lib/postgresql", errMissing)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// clusterFolder makes the cluster's folder and tells as whom to run: PostgreSQL
// refuses to run as root.
func clusterFolder() (string, *syscall.Credential, error) {
	removeStale(os.TempDir())
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

// stale is from which age on the folder of a cluster that does not run is left over.
const stale = time.Hour

// removeStale removes the folders of clusters of processes that have ended: these
// cannot, since their server outlives them for a moment. What cannot be removed stays.
func removeStale(temporary string) {
	found, _ := filepath.Glob(filepath.Join(temporary, "terrace-postgres-*"))
	for _, dir := range found {
		_, running := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
		info, err := os.Stat(dir)
		if err == nil && errors.Is(running, fs.ErrNotExist) && time.Since(info.ModTime()) > stale {
			_ = os.RemoveAll(dir)
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener
}

// ready waits until the server with the data answers, it has ended, or ctx has. That
// of another process may have taken the port first.
func (c cluster) ready(ctx context.Context, data string, ended <-chan error) error {
	conn, err := sql.Open("pgx", c.base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		var answers string
		asked := conn.QueryRowContext(ctx, "SHOW data_directory").Scan(&answers)
		if asked == nil && answers == data {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("%w: %w", errEnded, errors.Join(err, asked))
		case <-ctx.Done():
			return fmt.Errorf("postgres did not become ready: %w", asked)
		case <-again.C:
		}
	}
}
