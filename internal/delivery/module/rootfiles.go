package module

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"

	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
)

// rootFiles shows the files at the root of a module to tfconfig.
type rootFiles archive.Files

var _ tfconfig.FS = rootFiles(nil)

// ReadFile returns a file's content.
func (f rootFiles) ReadFile(name string) ([]byte, error) {
	if b, ok := f[path.Clean(name)]; ok {
		return b, nil
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

// Open opens a file.
func (f rootFiles) Open(name string) (tfconfig.File, error) {
	b, err := f.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return openFile{Reader: bytes.NewReader(b), rootFile: rootFile{path.Base(name), int64(len(b))}}, nil
}

// ReadDir lists the files at the root, sorted.
func (f rootFiles) ReadDir(string) ([]os.FileInfo, error) {
	var infos []os.FileInfo
	for _, name := range archive.Files(f).Paths() {
		if !strings.Contains(name, "/") {
			infos = append(infos, rootFile{name, int64(len(f[name]))})
		}
	}
	return infos, nil
}

type openFile struct {
	*bytes.Reader
	rootFile
}

// Size returns the length in bytes.
func (f openFile) Size() int64 { return f.rootFile.size }

// Stat describes the file.
func (f openFile) Stat() (os.FileInfo, error) { return f.rootFile, nil }

// Close does nothing.
func (f openFile) Close() error { return nil }

type rootFile struct {
	name string
	size int64
}

// Name returns the file's name.
func (f rootFile) Name() string { return f.name }

// Size returns the length in bytes.
func (f rootFile) Size() int64 { return f.size }

// Mode returns the mode that every packed file has.
func (f rootFile) Mode() os.FileMode { return 0o644 }

// ModTime is not kept.
func (f rootFile) ModTime() time.Time { return time.Time{} }

// IsDir returns false: folders are not listed.
func (f rootFile) IsDir() bool { return false }

// Sys returns nil.
func (f rootFile) Sys() any { return nil }
