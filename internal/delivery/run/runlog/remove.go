package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Remove removes the log of a run, and reports whether there was one here.
func (l *Logs) Remove(_ context.Context, id string) (bool, error) {
	path, err := l.path(id)
	if err != nil {
		return false, err
	}
	err = os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remove the log of %s: %w", id, err)
	}
	return true, nil
}
