package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Remove removes what this machine has of the log of a run, and reports whether there was
// something. What is in the blobs lies below Prefix.
func (l *Logs) Remove(_ context.Context, id string) (bool, error) {
	if !named(id) {
		return false, noRun(id)
	}
	if p := l.writing.of(id); p != nil {
		l.freeze(p)
	}
	there := false
	for _, part := range l.left.parts(id) {
		there = true
		if err := l.discard(id, part); err != nil {
			return there, fmt.Errorf("remove the log of %s: %w", id, err)
		}
	}
	if !l.left.isPlain(id) {
		return there, nil
	}
	if err := os.Remove(filepath.Join(l.Folder, id+plainExtension)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return there, fmt.Errorf("remove the log of %s: %w", id, err)
	}
	l.left.moved(id)
	return true, nil
}
