// Package wholefile writes small files whole or not at all, and onto the disk
// before they get their names.
//
// It owns how a file comes to be. It does not know what is in it, and makes no
// folders.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes a file in place of what is there.
func Replace(path string, content []byte, mode os.FileMode) error {
	return write(path, content, mode, os.Rename)
}

// Create writes a file, readable by its owner alone, where there is none; its
// error is fs.ErrExist where there is one. Of several processes the first wins.
func Create(path string, content []byte) error {
	return write(path, content, 0o600, os.Link)
}

func write(path string, content []byte, mode os.FileMode, name func(from, to string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone after a rename
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := name(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name outlast a crash of the machine.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
