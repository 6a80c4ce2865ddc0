// Package cachetest starts Redis for tests of what is cached.
package cachetest

import (
	"context"
	"log/slog"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
)

// Server is a Redis of a test's own, which it can take away and bring back.
type Server struct {
	Port string

	t   testing.TB
	dir string
	cmd *exec.Cmd
}

// Redis starts one; the test is skipped where the machine has none.
func Redis(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("skipped: there is no redis-server on this machine")
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	s := &Server{Port: port, t: t, dir: t.TempDir()}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start starts it, again after Stop; what it had is gone.
func (s *Server) Start() {
	s.cmd = exec.Command("redis-server", "--port", s.Port, "--bind", "127.0.0.1", "--save", "", "--dir", s.dir, "--requirepass", "sesame") //nolint:noctx // it ends with the test
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// Stop ends it.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Options are those of a client.
func (s *Server) Options() *redis.Options {
	return &redis.Options{Addr: "127.0.0.1:" + s.Port, Password: "sesame"}
}

// URL is where it is, for a configuration.
func (s *Server) URL() string { return "redis://:sesame@127.0.0.1:" + s.Port }

// Connect returns it as the tier of one more process, once that is up.
func (s *Server) Connect(t testing.TB) *cache.Redis {
	t.Helper()
	return s.Serve(t, cache.RedisConfig{Log: slog.New(slog.DiscardHandler)})
}

// Serve does so with what a test sets besides; Options are the server's where it sets none.
func (s *Server) Serve(t testing.TB, c cache.RedisConfig) *cache.Redis {
	t.Helper()
	if c.Options == nil {
		c.Options = s.Options()
	}
	r := cache.NewRedis(c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = r.Close()
	})
	Until(t, "Redis", r.Up)
	return r
}

// Until waits until ok is true, for a minute at most.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for: %s", what)
		}
	}
}
