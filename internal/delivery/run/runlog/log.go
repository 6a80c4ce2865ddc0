// Package runlog keeps the events of runs as lines of NDJSON, sealed for their tenants,
// and wakes whoever follows them.
//
// A log is made of parts. What this process tells of a run is in a file of this machine
// as long as the run is under way here; Round hands it on to the blobs, where every
// process finds it by the index, and removes the file. What others have told is put
// between it by time. It owns these files and blobs. It does not know when a run ends,
// but by what is told: delivery/run does.
package runlog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// chunk is from how much on Read returns what it has.
	chunk = 256 << 10
	// maxMessage bounds the text of an event; a longer one is cut, saying so.
	maxMessage = 16 << 10
	// shards are so many that few runs at once share one.
	shards = 1024
	// extension is that of the files of parts, plainExtension that of logs of former
	// versions, which lie in the clear.
	extension, plainExtension = ".log", ".ndjson"
)

// Blobs keeps bytes by key.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
}

// Index knows which parts are in the blobs, and whose runs are.
type Index interface {
	// AddLogParts notes parts; those whose run is no more are returned, and left out.
	AddLogParts(ctx context.Context, parts []run.LogPart) (gone []run.LogPart, err error)
	// LogParts returns the parts of a run's log, the first first, those that were removed too.
	LogParts(ctx context.Context, run string) ([]run.LogPart, error)
	// OldLogParts returns parts of runs that have ended and of which nothing was told
	// since the time.
	OldLogParts(ctx context.Context, before time.Time, most int) ([]run.LogPart, error)
	// RemoveLogParts notes that parts are no more.
	RemoveLogParts(ctx context.Context, parts []run.LogPart, at time.Time) error
	// RunTenant returns the tenant of a run, or NotFound.
	RunTenant(ctx context.Context, run string) (string, error)
}

// Config is what Logs work with. Everything is required but Executes, Keep, Clock and Log.
type Config struct {
	// Folder has the files.
	Folder string
	Sealer Sealer
	Blobs  Blobs
	Index  Index
	// Node names this installation of the daemon.
	Node string
	// Alone says that no other process reads logs.
	Alone bool
	// Executes reports whether this process carries a run on; nil is never.
	Executes func(run string) bool
	// Keep is how long the log of a run stays that has ended, 0 for ever.
	Keep  time.Duration
	Clock kernel.Clock
	Log   *slog.Logger
}

// Logs are the logs of all runs.
type Logs struct {
	Config

	seed maphash.Seed
	// more wakes the readers of the runs that share a shard.
	more    [shards]shard
	writing writing
	left    leftovers
	// handed counts the parts that were handed on.
	handed  atomic.Int64
	cursors cursors
	shared  pauses
	// turn is held by who hands parts on, moving by who moves a plain log.
	turn, moving sync.Mutex
}

type shard struct {
	sync.Mutex
	// changed is closed at the next line; nil while nobody waits.
	changed chan struct{}
}

// wait returns what is closed when there is more.
func (s *shard) wait() <-chan struct{} {
	s.Lock()
	defer s.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// wake wakes who waits.
func (s *shard) wake() {
	s.Lock()
	defer s.Unlock()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// New returns the logs in a folder, which it makes. No other process may use it.
func New(c Config) (*Logs, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("logs of runs: %w", err)
	}
	l := &Logs{Config: c, seed: maphash.MakeSeed(), writing: newWriting(), left: newLeftovers(), cursors: newCursors(), shared: pauses{of: map[string]pause{}}}
	if err := l.left.find(c.Folder); err != nil {
		return nil, fmt.Errorf("logs of runs: %w", err)
	}
	return l, nil
}

func (l *Logs) shard(id string) *shard { return &l.more[maphash.String(l.seed, id)%shards] }

// named reports whether id is one of a run: the only names of files that are opened.
func named(id string) bool { return isID(id, "run_") }

func isID(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && rest != "" && len(rest) <= 40 && strings.Trim(rest, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

func noRun(id string) error { return kernel.Errorf(kernel.NotFound, "%q is no run", id) }

// path is the file of a part.
func (l *Logs) path(id, part string) string { return filepath.Join(l.Folder, id+"."+part+extension) }

// Append writes events at the end of the log of a tenant's run and wakes its readers.
func (l *Logs) Append(ctx context.Context, tenant, id string, events ...run.Event) error {
	if !named(id) {
		return noRun(id)
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	ends := false
	for _, e := range events {
		e.Message = short(e.Message)
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("log of %s: %w", id, err)
		}
		ends = ends || e.EndsRun()
	}
	if lines.Len() == 0 {
		return nil
	}
	if err := l.write(ctx, tenant, id, lines.Bytes(), ends); err != nil {
		return fmt.Errorf("log of %s: %w", id, err)
	}
	l.shard(id).wake()
	return nil
}

// short is a message that is cut where it is too long, between two characters.
func short(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	end := maxMessage
	for end > maxMessage-utf8.UTFMax && !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + " … (cut)"
}

// Read returns whole lines from offset on, the offset after them, and a channel that is
// closed when there is more after them. Offsets are for who reads on from one to the
// next: what another process has told meanwhile may come before them. What is no more
// since it was kept long enough is NotFound, and says so.
func (l *Logs) Read(ctx context.Context, id string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error) {
	if !named(id) {
		return nil, 0, nil, noRun(id)
	}
	more = l.shard(id).wait() // taken before the lines are: nothing is missed
	c, err := l.cursorAt(ctx, id, offset)
	if err == nil {
		lines, err = l.take(ctx, c)
	}
	if err != nil {
		c.close()
		return nil, 0, nil, fmt.Errorf("log of %s: %w", id, err)
	}
	next = c.offset + int64(len(lines))
	c.offset = next
	l.cursors.put(c, l.Clock.Now()) // from here on it is another reader's
	if len(lines) >= chunk {
		more = always() // there may be more already
	}
	return lines, next, more, nil
}

// always is a channel that is closed.
func always() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
