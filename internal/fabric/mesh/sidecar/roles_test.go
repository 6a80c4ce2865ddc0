package sidecar_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/platform/heap"
)

// The test binary is also the processes that are measured: TERRACE_BENCH_ROLE says which, and
// TERRACE_BENCH_SIDECAR how a sidecar is configured, as JSON. An application has the address
// where it answers in it.
const (
	roleVariable   = "TERRACE_BENCH_ROLE"
	configVariable = "TERRACE_BENCH_SIDECAR"
	answerSize     = 1024
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	run := func() int {
		var c sidecar.Config
		err := json.Unmarshal([]byte(os.Getenv(configVariable)), &c)
		if err == nil {
			err = map[string]func(context.Context, sidecar.Config) error{"application": serveApplication, "sidecar": serveSidecar}[role](ctx, c)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	os.Exit(heap.Rarely(run)) //nolint:gocritic // the process ends; sidecars collect as the daemon does
}

// serveApplication answers 1 KB.
func serveApplication(ctx context.Context, c sidecar.Config) error {
	body := []byte(strings.Repeat("x", answerSize))
	s := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(c *fasthttp.RequestCtx) { c.SetBody(body) }}
	go func() {
		<-ctx.Done()
		_ = s.Shutdown()
	}()
	return s.ListenAndServe(c.Application)
}

func serveSidecar(ctx context.Context, c sidecar.Config) error {
	c.Registry, c.Log = prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	s, err := sidecar.New(ctx, c)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// launch starts a process, which listens at an address once it returns; it ends with the
// benchmark.
func launch(b *testing.B, role, listens string, c sidecar.Config) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	must(b, err)
	config, err := json.Marshal(c)
	must(b, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, configVariable+"="+string(config))
	if role == "application" {
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	}
	cmd.Stderr = os.Stderr
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait()
	})
	eventually(b, role+" listens", func() bool {
		conn, err := net.DialTimeout("tcp", listens, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return cmd
}

// free returns an address of loopback that nothing listens on.
func free(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
