package accesslog_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
)

func whole() accesslog.Line {
	return accesslog.Line{
		Time: time.Date(2026, 11, 27, 12, 0, 0, 5e6, time.UTC), Method: "GET", Scheme: "https", Host: "a.localhost", Path: "/a", Query: "b=***", Protocol: 2, Status: 200,
		Duration: 1.5, Received: 1, Sent: 2, Client: "127.0.0.1", Tenant: "acme", Project: "shop", Stage: "dev", Route: "orders", Rule: 1, Consumer: "ci",
		Upstream: "127.0.0.1:1", Release: "rel_1", Attempts: 1, By: "cache", Reason: "unknown_host", Suppressed: 3, Trace: strings.Repeat("a", 32), Span: strings.Repeat("b", 16), UserAgent: "curl",
		Headers: map[string]string{"x-request-id": "a\nb", "x-app": "1"},
	}
}

func TestALineIsOneObject(t *testing.T) {
	t.Parallel()
	l := whole()
	var got accesslog.Line
	if err := json.Unmarshal(l.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(l, got); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
	var keys map[string]any
	if err := json.Unmarshal((&accesslog.Line{}).AppendJSON(nil), &keys); err != nil {
		t.Fatal(err)
	}
	if len(keys) != 7 {
		t.Errorf("what is empty is told: %v", keys)
	}
}

// TestNothingBreaksALine has a client's words be one line of JSON, whatever they are.
func TestNothingBreaksALine(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"a\nb", "a\r\n{\"status\":200}", "\x00\x1b[31m\x7f", "\xff\xfe", "\u2028\u2029", `"\`, "ü€😀", "\xed\xa0\x80"} {
		l := accesslog.Line{Path: words}
		text := l.AppendJSON(nil)
		var got accesslog.Line
		if err := json.Unmarshal(text, &got); err != nil {
			t.Errorf("%q: %v: %s", words, err, text)
			continue
		}
		for _, c := range string(text) {
			if c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029' {
				t.Errorf("%q has %q in its line", words, c)
			}
		}
		if want := strings.ToValidUTF8(words, "\ufffd"); got.Path != want && !strings.Contains(got.Path, "\ufffd") {
			t.Errorf("%q is read as %q", words, got.Path)
		}
	}
}

func TestQueriesAreMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target, want string
		show         []string
	}{
		{"/a?token=s3cret", "", nil},
		{"/a?token=s3cret&page=2&flag", "token=***&page=2&flag", []string{"page"}},
		{"/a?page=2&page=3&Page=4", "page=2&page=3&Page=***", []string{"page"}},
		{"/a?p%61ge=s3cret", "p%61ge=***", []string{"page"}},
		{"/a?token=a=b=c", "token=***", []string{"page"}},
		{"/a", "", []string{"page"}},
		{"/a?x=" + strings.Repeat("y", 4000), "...", []string{"x"}},
	} {
		if got := accesslog.Query(c.target, c.show); got != c.want {
			t.Errorf("%.40s: %q, want %q", c.target, got, c.want)
		}
	}
}

// held is a disk that does not write until it may.
type held struct {
	mu   sync.Mutex
	may  chan struct{}
	text strings.Builder
	err  error
}

func (h *held) Write(p []byte) (int, error) {
	<-h.may
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return 0, h.err
	}
	return h.text.Write(p)
}

func (*held) Close() error { return nil }

// TestASlowDiskStallsNobody has lines dropped and counted where the disk does not
// keep up, and those that were taken written whole.
func TestASlowDiskStallsNobody(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{nil, errors.New("no space")} {
		disk := &held{may: make(chan struct{}), err: broken}
		registry := prometheus.NewRegistry()
		w, err := accesslog.New(accesslog.Config{Out: disk, Log: slog.New(slog.DiscardHandler), Registerer: registry, Waiting: 4})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Serve(ctx) }()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				l := whole()
				for range 100 {
					w.Write(&l)
				}
			})
		}
		wg.Wait() // while the disk writes nothing at all
		close(disk.may)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		written := strings.Count(disk.text.String(), "}\n")
		expect := "# HELP terrace_gateway_access_log_dropped_total Lines of the access log that could not be written, or not fast enough.\n# TYPE terrace_gateway_access_log_dropped_total counter\n"
		dropped := 1000 - written
		if err := testutil.GatherAndCompare(registry, strings.NewReader(expect+"terrace_gateway_access_log_dropped_total "+number(dropped)+"\n"), "terrace_gateway_access_log_dropped_total"); err != nil {
			t.Error(err)
		}
		if (broken == nil) == (written == 0) || written > 20 {
			t.Errorf("%d lines were written", written)
		}
	}
}

func number(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestALargeFileIsPutAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "logs", "access.log")
	open := func() *accesslog.File {
		f, err := accesslog.OpenFile(path, 10, 2)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := open()
	for i, line := range []string{"first\n", "second\n", "third\n", "fourth\n", "x\n"} {
		if i == 3 { // it goes on where it was
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			f = open()
		}
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "fourth\nx\n", ".1": "third\n", ".2": "second\n"} {
		got, err := os.ReadFile(path + name)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path+name, got, err)
		}
	}
	all, _ := filepath.Glob(path + "*")
	if len(all) != 3 {
		t.Errorf("%v", all)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
