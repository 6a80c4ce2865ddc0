package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// said is what a command writes while it goes on.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), what)
}

// TestTailGoesOnUntilItIsStopped has a stream that ends be begun again, what was left
// out be told, what a client wrote change no terminal, and an interrupt end it.
func TestTailGoesOnUntilItIsStopped(t *testing.T) {
	t.Parallel()
	const line = `{"time":"2026-11-27T12:00:00.000Z","method":"GET","scheme":"https","host":"a.localhost","path":"/PATH","protocol":2,"status":503,` +
		`"durationMs":12.5,"bytesIn":0,"bytesOut":2,"client":"127.0.0.1","tenant":"acme","project":"shop","stage":"dev","route":"orders","rule":0,"consumer":"ci","attempts":1}`
	for _, format := range []string{"table", "json"} {
		var asked atomic.Int32
		var query atomic.Value
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/gateway/tail" || r.Header.Get("Accept") != "text/event-stream" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			query.Store(r.URL.Query().Encode())
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, ": alive\n\n")
			if asked.Add(1) == 1 {
				_, _ = io.WriteString(w, "data: "+strings.Replace(line, "PATH", `first\u001b[31m`, 1)+"\n\n")
				return
			}
			_, _ = io.WriteString(w, "event: left\ndata: {\"lines\":7}\n\ndata: "+strings.Replace(line, "PATH", "second", 1)+"\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
		ctx, interrupt := context.WithCancel(t.Context())
		env, out := envOf(&bytes.Buffer{}), &said{}
		env.Out, env.Err = out, out
		done := make(chan int, 1)
		go func() {
			done <- cli.Main(ctx, env, []string{
				"gateway", "tail", "-p", "shop", "--stage", "dev", "--status", "5xx", "--slower-than", "10ms", "--address", server.URL, "--token", "x", "-o", format,
			})
		}()
		for began := time.Now(); !out.has("/second"); <-time.After(10 * time.Millisecond) {
			if time.Since(began) > time.Minute {
				t.Fatalf("%s: %s", format, out.text.String())
			}
		}
		interrupt()
		if code := <-done; code != exit.Interrupted {
			t.Errorf("%s: exit %d", format, code)
		}
		server.Close()
		if !out.has("7 requests are not shown") || !out.has("/first") || out.has("\x1b") {
			t.Errorf("%s: %q", format, out.text.String())
		}
		if format == "json" != out.has(`"durationMs":12.5`) || format == "table" != out.has("503 GET     a.localhost/second 12.5ms dev/orders by ci") {
			t.Errorf("%s: %q", format, out.text.String())
		}
		if got := query.Load(); got != "project=shop&slowerThan=10ms&stage=dev&status=5xx" {
			t.Errorf("asked for %v", got)
		}
	}
}
