package cache

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

const (
	snapshotName = "dump.rdb"
	// The log that redis-server keeps of changes begins with a file in the form of a snapshot.
	logFolder  = "appendonlydir"
	logBase    = "appendonly.aof.1.base.rdb"
	logList    = "appendonly.aof.manifest"
	savedEvery = 50 * time.Millisecond
)

// Snapshot writes what the cache has at one moment, as Redis does (RDB). Whoever works with
// it goes on meanwhile.
func (s *Server) Snapshot(ctx context.Context, w io.Writer) error {
	if s.inside != nil {
		return embedded()
	}
	path := filepath.Join(s.config.Dir, "data", snapshotName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the cache's former snapshot: %w", err)
	}
	if err := s.save(ctx); err != nil {
		return err
	}
	f, err := opened(ctx, path) // it is renamed there once it is whole
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return errors.Join(err, os.Remove(path))
}

// save begins a snapshot, once the one before and a rewriting of the log are over.
func (s *Server) save(ctx context.Context) error {
	for {
		err := s.ask(ctx, []string{"+OK", "+Background saving started"}, command("AUTH", *s.password.Load()), command("BGSAVE"))
		if err == nil || !strings.Contains(err.Error(), "progress") {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// opened waits for a file.
func opened(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := os.Open(path)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(savedEvery):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the cache's snapshot: %w", ctx.Err())
	}
}

// Place has a cache that does not run begin with a snapshot, in the place of all it had.
func (e Engine) Place(dir string, r io.Reader) error {
	if e.Path == "" {
		return embedded()
	}
	head := bufio.NewReader(r)
	if magic, err := head.Peek(5); err != nil || string(magic) != "REDIS" {
		return kernel.Errorf(kernel.Invalid, "this is no snapshot of Redis")
	}
	folder := filepath.Join(dir, "data", logFolder)
	fresh := folder + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.MkdirAll(fresh, 0o700)); err != nil {
		return fmt.Errorf("make the folder of the cache's data: %w", err)
	}
	write := func(w io.Writer) error {
		_, err := io.Copy(w, head)
		return err
	}
	if err := wholefile.ReplaceWith(filepath.Join(fresh, logBase), 0o600, write); err != nil {
		return fmt.Errorf("write the cache's data: %w", err)
	}
	if err := wholefile.Replace(filepath.Join(fresh, logList), []byte("file "+logBase+" seq 1 type b\n"), 0o600); err != nil {
		return fmt.Errorf("write the cache's data: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the cache's former data: %w", err)
	}
	return os.Rename(fresh, folder)
}

func embedded() error {
	return kernel.Errorf(kernel.Invalid, "the embedded cache keeps nothing, and has no backups").WithFix("install redis-server for caches with backups")
}
