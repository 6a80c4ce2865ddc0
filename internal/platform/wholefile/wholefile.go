// Package wholefile writes small files whole or not at all, and onto the disk
// before they get their names.
//
// It owns how a file comes to be. It does not know what is in it, and makes no
// folders.
package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace writes a file in place of what is there.
func Replace(path string, content []byte, mode os.FileMode) error {
	return write(path, mode, os.Rename, bytesOf(content))
}

// ReplaceWith writes what fill writes in place of what is there.
func ReplaceWith(path string, mode os.FileMode, fill func(w io.Writer) error) error {
	return write(path, mode, os.Rename, fill)
}

// Create writes a file, readable by its owner alone, where there is none; its
// error is fs.ErrExist where there is one. Of several processes the first wins.
func Create(path string, content []byte) error {
	return write(path, 0o600, os.Link, bytesOf(content))
}

func bytesOf(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

func write(path string, mode os.FileMode, name func(from, to string) error, fill func(io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone after a rename
	err = fill(f)
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
