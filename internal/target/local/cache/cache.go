// Package cache runs Redis caches: a redis-server process each where the
// program is installed, else a server inside this process.
//
// It owns how a cache is started, probed and stopped. It does not know who uses
// it, nor where its password is kept.
package cache

import (
	"bufio"
	"context"
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
	Dir      string
	Port     int
	Password string
	Launcher *process.Launcher
	Timing   process.Timing
	// Output takes what redis-server prints.
	Output io.Writer
}

// Server is a running cache.
type Server struct {
	config Config
	unit   *process.Unit
	inside *miniredis.Miniredis
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
	s := &Server{config: c}
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
	m.RequireAuth(c.Password)
	if err := m.StartAddr(net.JoinHostPort(host, strconv.Itoa(c.Port))); err != nil {
		return nil, fmt.Errorf("start the embedded cache: %w", err)
	}
	return &Server{config: c, inside: m}, nil
}

// settings are the configuration. It has the password, so redis-server reads it
// from its standard input: no file has it.
func settings(c Config, data string) string {
	return strings.Join([]string{
		"bind " + host, "port " + strconv.Itoa(c.Port), "protected-mode yes", "requirepass " + c.Password,
		`dir "` + data + `"`, "appendonly yes", `save ""`, "daemonize no", "supervised no", "maxmemory-policy noeviction",
	}, "\n") + "\n"
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
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(s.config.Port)))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, command("AUTH", s.config.Password)+command("PING")); err != nil {
		return err
	}
	replies := bufio.NewReader(conn)
	for _, want := range []string{"+OK", "+PONG"} {
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
