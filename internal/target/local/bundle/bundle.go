// Package bundle unpacks artifacts, gzipped tars named by their digests, once
// each into a folder.
//
// It owns what may be in a bundle and how it gets onto the disk. It does not
// know where bundles come from or who runs them.
package bundle

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of an unpacked bundle.
const (
	MaxBytes   = 2 << 30
	MaxEntries = 200_000
)

// unpacking is how the name of a folder begins until it is whole.
const unpacking = ".unpack-"

// Source opens a bundle by its digest.
type Source interface {
	Open(ctx context.Context, digest kernel.Digest) (io.ReadCloser, error)
}

// Cache keeps unpacked bundles, one folder per digest.
type Cache struct {
	dir    string
	source Source
	mu     sync.Mutex
	// using is held by who reads folders, and alone by who removes them.
	using sync.RWMutex
}

// NewCache returns the cache in dir.
func NewCache(dir string, source Source) *Cache { return &Cache{dir: dir, source: source} }

// Sweep removes what a process before this one left half unpacked. It runs
// before anything asks for a folder.
func (c *Cache) Sweep() error {
	entries, err := os.ReadDir(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unpacking) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(c.dir, e.Name())))
		}
	}
	return err
}

// Prune removes the bundles that are not among those in use.
func (c *Cache) Prune(used map[kernel.Digest]bool) error {
	c.using.Lock()
	defer c.using.Unlock()
	entries, err := os.ReadDir(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	kept := make(map[string]bool, len(used))
	for digest := range used {
		kept[digest.Hex()] = true
	}
	for _, e := range entries {
		if !kept[e.Name()] && !strings.HasPrefix(e.Name(), unpacking) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(c.dir, e.Name())))
		}
	}
	return err
}

// CopyTo copies the bundle's content into the folder to, which must exist.
func (c *Cache) CopyTo(ctx context.Context, to string, digest kernel.Digest) error {
	c.using.RLock()
	defer c.using.RUnlock()
	folder, err := c.Folder(ctx, digest)
	if err != nil {
		return err
	}
	return Copy(to, folder)
}

// Folder returns the folder with the bundle's content, unpacked now if it was
// not before. Nobody may write to it.
func (c *Cache) Folder(ctx context.Context, digest kernel.Digest) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	target := filepath.Join(c.dir, digest.Hex())
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of artifacts: %w", err)
	}
	fresh, err := os.MkdirTemp(c.dir, unpacking+"*")
	if err != nil {
		return "", fmt.Errorf("make the artifact's folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(fresh) }() // gone once it is renamed
	if err := c.fill(ctx, fresh, digest); err != nil {
		return "", err
	}
	return target, os.Rename(fresh, target)
}

func (c *Cache) fill(ctx context.Context, dir string, digest kernel.Digest) error {
	r, err := c.source.Open(ctx, digest)
	if err != nil {
		return fmt.Errorf("open artifact %s: %w", digest.Short(), err)
	}
	defer func() { _ = r.Close() }()
	hash := sha256.New()
	read := io.TeeReader(r, hash)
	if err := Unpack(dir, read); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, read); err != nil {
		return fmt.Errorf("read artifact %s: %w", digest.Short(), err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != digest.Hex() {
		return kernel.Errorf(kernel.Invalid, "artifact %s is damaged: its content has the digest sha256:%s", digest, got).
			WithFix("deploy again, so that the artifact is uploaded anew")
	}
	return nil
}

// Unpack unpacks a gzipped tar into dir. It takes folders, regular files and
// links that stay inside, hard ones to files before them, and refuses everything else.
func Unpack(dir string, r io.Reader) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return refuse("it is not gzipped: %s", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the artifact's folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	left := int64(MaxBytes)
	limited := &io.LimitedReader{R: z, N: MaxBytes + MaxEntries*2<<10} // what lies between files has a bound, too
	t := tar.NewReader(limited)
	for range MaxEntries {
		h, err := t.Next()
		if limited.N <= 0 {
			return tooLarge("more than %d bytes", int64(MaxBytes))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refuse("it is no tar: %s", err)
		}
		if left -= h.Size; left < 0 {
			return tooLarge("more than %d bytes", int64(MaxBytes))
		}
		if err := unpackEntry(root, h, t); err != nil {
			return err
		}
	}
	return tooLarge("more than %d entries", MaxEntries)
}

func unpackEntry(root *os.Root, h *tar.Header, content io.Reader) error {
	name := path.Clean(h.Name)
	if name == "." {
		return nil
	}
	if !filepath.IsLocal(name) {
		return refuse("the entry %q lies outside", h.Name)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	var err error
	switch h.Typeflag {
	case tar.TypeDir:
		err = root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		err = unpackFile(root, name, h.FileInfo().Mode(), content)
	case tar.TypeSymlink:
		if path.IsAbs(h.Linkname) || !filepath.IsLocal(path.Join(path.Dir(name), h.Linkname)) { //nolint:gosec // this is the check
			return refuse("the link %q leads outside, to %q", h.Name, h.Linkname)
		}
		err = root.Symlink(h.Linkname, name)
	case tar.TypeLink: // to a file before it
		if !filepath.IsLocal(path.Clean(h.Linkname)) {
			return refuse("the link %q leads outside, to %q", h.Name, h.Linkname)
		}
		err = root.Link(path.Clean(h.Linkname), name)
	case tar.TypeXGlobalHeader:
	default:
		return refuse("the entry %q is neither a folder, a file nor a symbolic link", h.Name)
	}
	if err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	return nil
}

func unpackFile(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|mode.Perm()&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

func refuse(format string, args ...any) error {
	return kernel.Errorf(kernel.Invalid, "the artifact cannot be unpacked: "+format, args...).
		WithFix("build it again with terrace deploy")
}

func tooLarge(format string, args ...any) error {
	return kernel.Errorf(kernel.TooLarge, "the artifact cannot be unpacked: "+format, args...).
		WithFix("leave out what the service does not need")
}

// Copy copies the folder from into the folder to, which must exist. Links are
// copied as links.
func Copy(to, from string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(p, from))
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(p)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		default:
			return copyFile(target, p)
		}
	})
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
