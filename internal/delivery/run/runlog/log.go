// Package runlog keeps the events of runs as files of NDJSON, one a run, and
// wakes whoever follows them.
//
// It owns these files. It does not know when a run ends: delivery/run does.
package runlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// chunk is how much one Read returns at most.
	chunk = 256 << 10
	// maxMessage bounds the text of an event; a longer one is cut, saying so.
	maxMessage = 16 << 10
	// shards are so many that few runs at once share one.
	shards = 1024
)

// Logs are the logs of all runs in one folder.
type Logs struct {
	dir  string
	seed maphash.Seed
	// more wakes the readers of the runs that share a shard.
	more [shards]shard
	// files are those that were written last.
	files files
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

// New returns the logs in dir, which it makes.
func New(dir string) (*Logs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("logs of runs: %w", err)
	}
	return &Logs{dir: dir, seed: maphash.MakeSeed(), files: newFiles()}, nil
}

func (l *Logs) shard(id string) *shard { return &l.more[maphash.String(l.seed, id)%shards] }

// named reports whether id is one of a run: the only names of files that are opened.
func named(id string) bool {
	rest, ok := strings.CutPrefix(id, "run_")
	return ok && rest != "" && len(rest) <= 40 && strings.Trim(rest, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

func (l *Logs) path(id string) (string, error) {
	if !named(id) {
		return "", kernel.Errorf(kernel.NotFound, "%q is no run", id)
	}
	return filepath.Join(l.dir, id+".ndjson"), nil
}

// Append writes events at the end of the run's log and wakes its readers.
func (l *Logs) Append(_ context.Context, id string, events ...run.Event) error {
	path, err := l.path(id)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, e := range events {
		if len(e.Message) > maxMessage {
			e.Message = e.Message[:maxMessage] + " … (cut)"
		}
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("log of %s: %w", id, err)
		}
	}
	if err := l.files.write(path, lines.Bytes()); err != nil {
		return fmt.Errorf("log of %s: %w", id, err)
	}
	l.shard(id).wake()
	return nil
}

// Read returns whole lines from offset on, the offset after them, and a
// channel that is closed when there is more after them.
func (l *Logs) Read(_ context.Context, id string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error) {
	path, err := l.path(id)
	if err != nil {
		return nil, 0, nil, err
	}
	more = l.shard(id).wait() // taken before the lines are: nothing is missed
	lines, known := l.files.tail(path, offset)
	if !known {
		if lines, err = read(path, offset); err != nil {
			return nil, 0, nil, fmt.Errorf("log of %s: %w", id, err)
		}
	}
	if len(lines) == chunk {
		more = always() // it may have been cut
	}
	lines = lines[:bytes.LastIndexByte(lines, '\n')+1]
	return lines, offset + int64(len(lines)), more, nil
}

// always is a channel that is closed.
func always() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// read reads a chunk of what the file has from offset on; one that is not there has nothing.
func read(path string, offset int64) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || info.Size() <= offset {
		return nil, err
	}
	text := make([]byte, min(info.Size()-offset, chunk))
	n, err := f.ReadAt(text, offset)
	if errors.Is(err, io.EOF) { // it was cut meanwhile
		err = nil
	}
	return text[:n], err
}
