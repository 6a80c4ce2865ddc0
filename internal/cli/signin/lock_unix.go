//go:build unix

package signin

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Lock keeps other processes of this user from changing the contexts until unlock is
// called. It waits for one that does.
func (f Files) Lock() (unlock func(), err error) {
	path := f.Contexts() + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the folder of %s cannot be made: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be opened: %w", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be locked: %w", path, err)
	}
	return func() { _ = file.Close() }, nil // which unlocks it
}
