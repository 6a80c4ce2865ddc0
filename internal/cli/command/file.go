package command

import (
	"errors"
	"io/fs"
	"os"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Open opens a file that the command line names, and says what is wrong with it.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, kernel.Errorf(kernel.NotFound, "there is no file %s", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, kernel.Errorf(kernel.Invalid, "the file %s may not be read", path)
	case err == nil && info.IsDir():
		return nil, kernel.Errorf(kernel.Invalid, "%s is a folder, and a file is expected", path)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, kernel.Errorf(kernel.Invalid, "the file %s may not be read", path)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the file %s cannot be read: %w", path, err)
	}
	return f, nil
}
