package runlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// world is what processes share, and their clock.
type world struct {
	t      *testing.T
	store  *runsql.Store
	sealer *seal.Sealer
	blobs  *blob.Store
	dir    string

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, store: runsql.NewStore(d), dir: t.TempDir(), now: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)}
	var err error
	w.sealer, err = seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(w.dir, "kek")})
	must(t, err)
	w.blobs, err = blob.Open(t.Context(), "file://"+filepath.Join(w.dir, "blobs"), nil)
	must(t, err)
	return w
}

// alone is a world of one process, on SQLite.
func alone(t *testing.T) (*world, *runlog.Logs) {
	t.Helper()
	w := newWorld(t, dbtest.SQLite(t, runsql.Migrations()))
	return w, w.process("one", func(c *runlog.Config) { c.Alone = true })
}

// everywhere runs a test on both databases.
func everywhere(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{runsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

// process is one that starts on a node.
func (w *world) process(node string, options ...func(*runlog.Config)) *runlog.Logs {
	w.t.Helper()
	c := runlog.Config{Folder: w.folder(node), Sealer: w.sealer, Blobs: w.blobs, Index: w.store, Node: node, Clock: w.clock}
	for _, option := range options {
		option(&c)
	}
	l, err := runlog.New(c)
	must(w.t, err)
	return l
}

func (w *world) folder(node string) string { return filepath.Join(w.dir, node) }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// ran is a run that there is.
func (w *world) ran(status run.Status) string {
	w.t.Helper()
	id := kernel.NewID("run")
	must(w.t, w.store.Insert(w.t.Context(), run.Run{
		ID: id, Stack: "acme/shop/dev/" + id, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"},
		Workload: "orders", Operation: run.Deploy, Status: status, CreatedAt: w.clock(),
	}))
	return id
}

// files are the names of the files of a node's logs.
func (w *world) files(node string) (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(w.folder(node))
	must(w.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// nowhere looks for a text in all files, those of blobs as well.
func (w *world) nowhere(text string) {
	w.t.Helper()
	must(w.t, filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			w.t.Errorf("%s has %q in the clear", path, text)
		}
		return err
	}))
}

// tell appends messages, each at once.
func tell(t *testing.T, l *runlog.Logs, id string, all ...string) {
	t.Helper()
	for _, m := range all {
		must(t, l.Append(t.Context(), "acme", id, event(m)))
	}
}

// event is one whose message says its type where it is one of a run.
func event(message string) run.Event {
	e := run.Event{Message: message}
	if strings.HasPrefix(message, "run.") {
		e.Type = message
	}
	return e
}

// messages reads what there is of a log from offset on.
func messages(t *testing.T, l *runlog.Logs, id string, offset int64) (all []string, next int64) {
	t.Helper()
	for {
		lines, after, _, err := l.Read(context.Background(), id, offset)
		must(t, err)
		if len(lines) == 0 {
			return all, offset
		}
		for line := range bytes.Lines(lines) {
			var e run.Event
			must(t, json.Unmarshal(line, &e))
			all = append(all, e.Message)
		}
		offset = after
	}
}

// says compares a whole log.
func says(t *testing.T, l *runlog.Logs, id, want string) {
	t.Helper()
	if got, _ := messages(t, l, id, 0); strings.Join(got, " ") != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
}

// broken are blobs that cannot be written for a while.
type broken struct {
	*blob.Store

	away bool
}

func (b *broken) Put(ctx context.Context, key string, r io.Reader) error {
	if b.away {
		return errors.New("away")
	}
	return b.Store.Put(ctx, key, r)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
