package goldenpath

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Write puts the project into the folder target, which must not exist yet or
// be empty. Either all files are there afterwards or none.
func (p *Project) Write(target string) error {
	if err := vacant(target); err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(target))
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the folder %s cannot be made: %w", parent, err)
	}
	draft, err := os.MkdirTemp(parent, ".terrace-*")
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "nothing can be written into %s: %w", parent, err)
	}
	defer func() { _ = os.RemoveAll(draft) }()
	for _, name := range p.Paths() {
		if err := writeFile(filepath.Join(draft, filepath.FromSlash(name)), p.Files[name]); err != nil {
			return kernel.Errorf(kernel.Unavailable, "%s cannot be written: %w", name, err)
		}
	}
	if err := os.Chmod(draft, 0o755); err != nil { //nolint:gosec // a source folder is readable like any other
		return kernel.Errorf(kernel.Unavailable, "the mode of %s cannot be set: %w", target, err)
	}
	return settle(draft, target)
}

// settle moves the finished draft to its place.
func settle(draft, target string) error {
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kernel.Errorf(kernel.Conflict, "the folder %s cannot be replaced: %w", target, err)
	}
	if err := os.Rename(draft, target); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the project cannot be moved to %s: %w", target, err)
	}
	return nil
}

func vacant(target string) error {
	entries, err := os.ReadDir(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return kernel.Errorf(kernel.Conflict, "%s is in the way: %w", target, err).WithFix("choose another folder with --into")
	case len(entries) > 0:
		return kernel.Errorf(kernel.Conflict, "the folder %s is not empty", target).WithFix("choose another folder with --into; nothing is overwritten")
	}
	return nil
}

func writeFile(name string, f File) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, f.Content, f.Mode)
}
