package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// lockPatience is how long a start waits for the process before it to be gone.
const lockPatience = 3 * time.Second

// lockData makes this the only process on a data directory, until it ends. A
// start clears away what a dead process left there; a living one would lose its
// runs and services by that.
func lockData(ctx context.Context, dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(lockFile(dir), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := waitFor(ctx, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintln(os.Getpid()))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func lockFile(dir string) string { return filepath.Join(dir, "lock") }

func waitFor(ctx context.Context, f *os.File) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return taken(f)
		case <-ticker.C:
		}
	}
}

func taken(f *os.File) error {
	who, dir := "another terraced", filepath.Dir(f.Name())
	if raw, err := os.ReadFile(f.Name()); err == nil && len(raw) > 0 {
		who += " (process " + strings.TrimSpace(string(raw)) + ")"
	}
	return kernel.Errorf(kernel.Conflict, "%s works in %s", who, dir).
		WithFix("stop it, or give this one a folder of its own with --data")
}

func writeAt(f *os.File, content string) error {
	_, err := f.WriteAt([]byte(content), 0)
	return err
}
