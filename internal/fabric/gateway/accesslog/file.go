package accesslog

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// File is a file that is put aside when it is large: access.log becomes access.log.1,
// that becomes access.log.2, and the last goes.
type File struct {
	path  string
	most  int64
	kept  int
	file  *os.File
	wrote int64
}

// OpenFile opens a file to go on with it, or makes it; most is its size in bytes, and
// kept how many are kept besides it.
func OpenFile(path string, most int64, kept int) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the access log: %w", err)
	}
	f := &File{path: path, most: most, kept: kept}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the access log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("open the access log: %w", err)
	}
	f.file, f.wrote = file, info.Size()
	return nil
}

// Write implements io.Writer. It writes whole lines to one file where it is given them.
func (f *File) Write(p []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	if f.wrote > 0 && f.wrote+int64(len(p)) > f.most {
		if err := f.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(p)
	f.wrote += int64(n)
	return n, err //nolint:wrapcheck // names the file
}

// rotate puts the file aside and begins another.
func (f *File) rotate() error {
	if err := f.Close(); err != nil {
		return err
	}
	for n := f.kept; n > 0; n-- {
		from := f.path
		if n > 1 {
			from += "." + strconv.Itoa(n-1)
		}
		if err := os.Rename(from, f.path+"."+strconv.Itoa(n)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("put the access log aside: %w", err)
		}
	}
	if f.kept == 0 {
		if err := os.Remove(f.path); err != nil {
			return fmt.Errorf("put the access log aside: %w", err)
		}
	}
	return f.open()
}

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	if err != nil {
		return fmt.Errorf("close the access log: %w", err)
	}
	return nil
}
