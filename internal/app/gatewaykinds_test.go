package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
)

// TestKindsOfThePolicies has them in their order, and limits counted in the
// Redis of the configuration.
func TestKindsOfThePolicies(t *testing.T) {
	t.Parallel()
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on this machine")
	}
	address := unused(t)
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command(redis, "--port", port, "--bind", "127.0.0.1", "--save", "", "--requirepass", "open", "--dir", t.TempDir())
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	a := benchApp(t, func(c *config.Config) { c.GatewayRedis = "redis://:open@" + address })
	var names []string
	for _, k := range a.fabric.gateway.Kinds {
		names = append(names, k.Name())
	}
	want := []string{"AccessPolicy", "ConcurrencyPolicy", "CorsPolicy", "ClientRateLimitPolicy", "RateLimitPolicy", "HeaderPolicy"}
	if got := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(want, name) }); !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.fabric.counts.Serve(ctx) }()
	defer func() { cancel(); <-done }()
	for began := time.Now(); ; <-time.After(50 * time.Millisecond) {
		r := httptest.NewRecorder()
		a.handler().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if strings.Contains(r.Body.String(), "\nterrace_gateway_limits_shared 1\n") {
			return
		}
		if time.Since(began) > time.Minute {
			t.Fatal("limits are not counted in Redis")
		}
	}
}

// TestAWrongURLOfRedisIsNotRepeated since it may have a password.
func TestAWrongURLOfRedisIsNotRepeated(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.DataDir, c.NATS, c.GatewayRedis = t.TempDir(), unused(t), "redis://:hunter2@127.0.0.1:6379/first"
	a, err := New(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err == nil {
		_ = a.Close(context.WithoutCancel(t.Context()))
		t.Fatal("it starts")
	}
	if text := err.Error(); strings.Contains(text, "hunter2") || !strings.Contains(text, "Redis") {
		t.Errorf("%s", text)
	}
}
