// Package tarball packs folders so that the same content gives the same bytes:
// sorted names, no times, no owners, two modes.
//
// It owns that normal form. It does not know what is packed.
package tarball

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxUnpacked bounds what is packed, in bytes.
const MaxUnpacked = 1 << 30

// Pack writes the regular files of dir to w as tar.gz. skip leaves out paths
// (with slashes, relative to dir), for folders with everything in them. A link to a file within
// dir becomes that file; any other link is refused, it would not survive elsewhere.
func Pack(w io.Writer, dir string, skip func(name string, dir bool) bool) error {
	names, err := list(dir, skip)
	if err != nil {
		return err
	}
	zipped, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	archive := tar.NewWriter(zipped)
	var total int64
	for _, name := range names {
		n, err := add(archive, dir, name)
		if err != nil {
			return err
		}
		if total += n; total > MaxUnpacked {
			return kernel.Errorf(kernel.TooLarge, "the folder %s holds more than %d MiB", dir, MaxUnpacked>>20).
				WithFix("keep what the service does not need out of its folder")
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return zipped.Close()
}

func list(dir string, skip func(string, bool) bool) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", file, err)
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil || relative == "." {
			return err
		}
		name := filepath.ToSlash(relative)
		if skip(name, d.IsDir()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.IsDir() {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func add(archive *tar.Writer, dir, name string) (int64, error) {
	file, err := inside(dir, name)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return 0, kernel.Errorf(kernel.Invalid, "%s is not a regular file", name).WithFix("remove it, or keep it out of the folder")
	}
	if err := archive.WriteHeader(header(name, info)); err != nil {
		return 0, fmt.Errorf("pack %s: %w", name, err)
	}
	n, err := io.Copy(archive, io.LimitReader(f, info.Size()))
	if err == nil && n != info.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return n, kernel.Errorf(kernel.Conflict, "%s changed while it was packed: %w", name, err).WithFix("try again")
	}
	return n, nil
}

func header(name string, info fs.FileInfo) *tar.Header {
	mode := int64(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: info.Size(), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
}

// inside resolves links and refuses those that lead out of dir.
func inside(dir, name string) (string, error) {
	file := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return file, err
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", dir, err)
	}
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "the link %s leads nowhere", name).WithFix("remove the link")
	}
	relative, err := filepath.Rel(root, target)
	if err != nil || relative == ".." || strings.HasPrefix(filepath.ToSlash(relative), "../") {
		return "", kernel.Errorf(kernel.Invalid, "the link %s leads out of the folder", name).WithFix("copy what it points to")
	}
	return target, nil
}

// Hidden skips what no archive needs: version control.
func Hidden(name string, dir bool) bool {
	return dir && (path.Base(name) == ".git" || path.Base(name) == ".hg" || path.Base(name) == ".svn")
}
