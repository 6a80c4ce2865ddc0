package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Sweep removes unfinished files that nobody has written to since before: a
// process that is killed during Put leaves one. It returns how many there were.
// A bucket that is no folder has none that anyone sees.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	if s.folder == "" {
		return 0, nil
	}
	err = filepath.WalkDir(s.folder, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it was finished, or deleted, meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir() || !strings.HasSuffix(e.Name(), temporary):
			return nil
		}
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) || os.Remove(path) != nil {
			return nil //nolint:nilerr // it is gone, or the next start tries again
		}
		removed++
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("sweep the blobs: %w", err)
	}
	return removed, nil
}
