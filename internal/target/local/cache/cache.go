// Package cache runs Redis caches: a redis-server process each where the
// program is installed, else a server inside this process.
//
// It owns how a cache is started, probed and stopped. It does not know who uses
// it, nor where its password is kept.
package cache

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// Embedded is the engine of a cache without redis-server.
const Embedded = "embedded"

const (
	host    = "127.0.0.1"
	program = "redis-server"
)

// Engine is what serves caches on this machine.
type Engine struct {
	// Path is the program, "" for the embedded server.
	Path string
	// Name is redis-server and its version, or Embedded.
	Name string
}

// Find returns the engine of this machine: redis-server where it is on PATH.
func Find(ctx context.Context) Engine {
	path, err := exec.LookPath(program)
	if err != nil {
		return Engine{Name: Embedded}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return Engine{Name: Embedded}
	}
	version := regexp.MustCompile(`v=([0-9.]+)`).FindSubmatch(out)
	if version == nil {
		return Engine{Path: path, Name: program}
	}
	return Engine{Path: path, Name: program + " " + string(version[1])}
}

// Config says which cache to run.
type Config struct {
	// Dir is the cache's own folder.
	Dir  string
	Port int
	// Passwords are what it takes; the first is asked with. The embedded server takes that
	// one alone.
	Passwords []string
	// TLS is nil where it is not spoken.
	TLS      *TLS
	Launcher *process.Launcher
	Timing   process.Timing
	// Output takes what redis-server prints.
	Output io.Writer
}

// TLS is how a cache speaks it.
type TLS struct {
	// Port is where; Only leaves no other port.
	Port int
	Only bool
	// Cert, Key and CA are files of PEM.
	Cert, Key, CA string
}

// Server is a running cache.
type Server struct {
	config Config
	unit   *process.Unit
	inside *miniredis.Miniredis
	// password is what it takes now.
	password atomic.Pointer[string]
}

// Start runs a cache with the engine. It does not wait until it is ready.
func (e Engine) Start(c Config) (*Server, error) {
	if e.Path == "" {
		return startInside(c)
	}
	data := filepath.Join(c.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache's data folder: %w", err)
	}
	if err := writeUsers(c.Dir, c.Passwords); err != nil {
		return nil, err
	}
	s := &Server{config: c}
	s.password.Store(&c.Passwords[0])
	s.unit = c.Launcher.Supervise(process.Config{
		Spec: process.Spec{
			Path: e.Path, Args: []string{"-"}, Dir: c.Dir, Input: settings(c, data), Output: c.Output,
			Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.Dir, "LANG=C.UTF-8"},
		},
		Ready: s.Ping, Live: s.Ping, Timing: c.Timing,
	})
	return s, nil
}

func startInside(c Config) (*Server, error) {
	m := miniredis.NewMiniRedis()
	m.RequireAuth(c.Passwords[0])
	start := m.StartAddr
	if c.TLS != nil && c.TLS.Only {
		pair, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("read the embedded cache's certificate: %w", err)
		}
		config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		start = func(addr string) error { return m.StartAddrTLS(addr, config) }
	}
	if err := start(net.JoinHostPort(host, strconv.Itoa(c.port()))); err != nil {
		return nil, fmt.Errorf("start the embedded cache: %w", err)
	}
	s := &Server{config: c, inside: m}
	s.password.Store(&c.Passwords[0])
	return s, nil
}

// settings are the configuration, which redis-server reads from its standard input.
func settings(c Config, data string) string {
	port := c.Port
	var secure []string
	if t := c.TLS; t != nil {
		secure = []string{
			"tls-port " + strconv.Itoa(t.Port), `tls-cert-file "` + t.Cert + `"`, `tls-key-file "` + t.Key + `"`, `tls-ca-cert-file "` + t.CA + `"`,
			"tls-auth-clients no", `tls-protocols "TLSv1.2 TLSv1.3"`,
		}
		if t.Only {
			port = 0
		}
	}
	return strings.Join(append([]string{
		"bind " + host, "port " + strconv.Itoa(port), "protected-mode yes", `aclfile "` + filepath.Join(c.Dir, usersName) + `"`,
		`dir "` + data + `"`, "appendonly yes", `save ""`, "daemonize no", "supervised no", "maxmemory-policy noeviction",
	}, secure...), "\n") + "\n"
}

// AwaitReady waits until the cache answers.
func (s *Server) AwaitReady(ctx context.Context) error {
	if s.inside != nil {
		return nil
	}
	state, err := s.unit.Await(ctx, func(st process.State) bool { return st.IsReady() || st.Exits >= 3 })
	if err == nil && state.IsReady() {
		return nil
	}
	reason := strings.Trim(state.Last+", "+state.Probe, ", ")
	return errors.Join(fmt.Errorf("%s did not become ready: %s", program, reason), err)
}

// Ping asks the cache whether it answers and takes the password.
func (s *Server) Ping(ctx context.Context) error {
	return s.ask(ctx, []string{"+OK", "+PONG"}, command("AUTH", *s.password.Load()), command("PING"))
}

// ask sends commands, and wants their answers.
func (s *Server) ask(ctx context.Context, want []string, commands ...string) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, strings.Join(commands, "")); err != nil {
		return err
	}
	replies := bufio.NewReader(conn)
	for _, want := range want {
		got, err := replies.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.TrimSpace(got) != want {
			return fmt.Errorf("it answered %q", strings.TrimSpace(got))
		}
	}
	return nil
}

// command spells a command as an array of bulk strings (RESP).
func command(words ...string) string {
	out := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		out += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	return out
}

// Close stops the cache. A redis-server's data stays in its folder.
func (s *Server) Close() {
	if s.inside != nil {
		s.inside.Close()
		return
	}
	s.unit.Stop()
}
