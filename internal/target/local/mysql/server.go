package mysql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

const (
	// Host is where servers listen.
	Host  = "127.0.0.1"
	admin = "terrace"
	// startTimeout bounds a start, on a slow disk and after a crash too.
	startTimeout = 2 * time.Minute
	// maxSocket is the longest path of a socket that systems take.
	maxSocket = 100
)

// Config says which server to run.
type Config struct {
	Programs Programs
	// Dir is the server's own folder.
	Dir  string
	Port int
	// Cert, Key and CA are files of PEM; without them it speaks no TLS.
	Cert, Key, CA string
	Launcher      *process.Launcher
	Timing        process.Timing
	// Output takes what the programs print.
	Output io.Writer
}

// Server is a running MariaDB server.
type Server struct {
	config Config
	unit   *process.Unit
	pool   *sql.DB
	// password is the administrator's.
	password string
}

// Start installs the server into its folder where that has not been done, runs
// it, and waits until it answers.
func Start(ctx context.Context, c Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the database server's folder: %w", err)
	}
	if err := install(ctx, c); err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := os.WriteFile(filepath.Join(c.Dir, initName), []byte(initStatements(password)), 0o600); err != nil {
		return nil, fmt.Errorf("write the database server's first statements: %w", err)
	}
	pool, err := connect(c.Port, password)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, pool: pool, password: password}
	s.unit = c.Launcher.Supervise(process.Config{Spec: c.server(), Ready: pool.PingContext, Live: pool.PingContext, Timing: c.Timing})
	if err := s.awaitReady(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const initName = "init.sql"

// initStatements run before the server takes connections: they close its open
// administrator and make one that only this process knows.
func initStatements(password string) string {
	return strings.Join([]string{
		"ALTER USER 'root'@'localhost' IDENTIFIED BY '" + password + "';",
		"CREATE OR REPLACE USER '" + admin + "'@'" + Host + "' IDENTIFIED BY '" + password + "';",
		"GRANT ALL ON *.* TO '" + admin + "'@'" + Host + "' WITH GRANT OPTION;",
	}, "\n") + "\n"
}

func connect(port int, password string) (*sql.DB, error) {
	c := driver.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd = "tcp", net.JoinHostPort(Host, strconv.Itoa(port)), admin, password
	c.Timeout, c.ReadTimeout, c.WriteTimeout = 5*time.Second, 30*time.Second, 30*time.Second
	c.Logger = &driver.NopLogger{}
	connector, err := driver.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("configure the connection to the database server: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(4)
	return pool, nil
}

func (c Config) environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.Dir, "LANG=C.UTF-8", "TMPDIR=" + os.TempDir()}
}

func (c Config) data() string { return filepath.Join(c.Dir, "data") }

func (c Config) server() process.Spec {
	args := []string{
		"--no-defaults", "--datadir=" + c.data(), "--bind-address=" + Host, "--port=" + strconv.Itoa(c.Port),
		"--socket=" + c.socket(), "--pid-file=" + filepath.Join(c.Dir, "pid"), "--init-file=" + filepath.Join(c.Dir, initName),
		"--skip-name-resolve", "--performance-schema=OFF", "--character-set-server=utf8mb4",
		"--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--key-buffer-size=4M", "--max-connections=200",
	}
	if c.Cert != "" {
		args = append(args, "--ssl-cert="+c.Cert, "--ssl-key="+c.Key, "--ssl-ca="+c.CA, "--tls-version=TLSv1.2,TLSv1.3")
	}
	return process.Spec{Path: c.Programs.Server, Args: append(args, asRoot()...), Dir: c.Dir, Env: c.environment(), Output: c.Output}
}

// asRoot tells the programs that running as root is meant, which they refuse else.
func asRoot() []string {
	if os.Getuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

func (c Config) socket() string {
	path := filepath.Join(c.Dir, "socket")
	if len(path) <= maxSocket {
		return path
	}
	return filepath.Join(os.TempDir(), "terrace-"+kernel.DigestOf([]byte(path)).Short()+".sock")
}

// install fills the data folder, whole or not at all.
func install(ctx context.Context, c Config) error {
	if _, err := os.Stat(c.data()); err == nil {
		return nil
	}
	fresh := c.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear the database server's folder: %w", err)
	}
	args := []string{
		"--no-defaults", "--datadir=" + fresh, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
	}
	run := c.Launcher.Exec(process.Spec{
		Path: c.Programs.Install, Args: append(args, asRoot()...), Dir: c.Dir, Env: c.environment(),
	})
	if err := run(ctx); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the database server could not be installed into its folder: %w", err)
	}
	return os.Rename(fresh, c.data())
}

func (s *Server) awaitReady(ctx context.Context) error {
	state, err := s.unit.Await(ctx, func(st process.State) bool { return st.IsReady() || st.Exits >= 3 })
	if err == nil && state.IsReady() {
		return nil
	}
	reason := strings.Trim(state.Last+", "+state.Probe, ", ")
	failed := kernel.Errorf(kernel.Unavailable, "the database server did not become ready: %s", reason)
	return errors.Join(failed.WithFix("see its log in %s", s.config.log()), err)
}

// log is where the owner of the folder is expected to keep Output.
func (c Config) log() string { return filepath.Join(c.Dir, "log") }

// Port returns where the server listens.
func (s *Server) Port() int { return s.config.Port }

// Close stops the server. Its data stays in its folder.
func (s *Server) Close() {
	_ = s.pool.Close() // the server ends, and its connections with it
	s.unit.Stop()
}
