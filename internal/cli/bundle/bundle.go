// Package bundle builds what a container with a local image runs: it compiles
// Go sources, or takes a folder as it is, and packs the result.
//
// It owns the way from a folder to an archive with a digest: the same source
// gives the same digest. It uploads nothing.
package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/cli/tarball"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxSize bounds an archive, in bytes.
const MaxSize = 256 << 20

// Bundle is a packed build in a temporary file; Close removes it.
type Bundle struct {
	Digest kernel.Digest
	// Size is in bytes, packed.
	Size int64
	// How says what was done: go build, or folder.
	How    string
	folder string
}

// Local reports whether image names a folder to build instead of an image.
func Local(image string) bool {
	return image == "." || strings.HasPrefix(image, "./") || strings.HasPrefix(image, "../")
}

// Build builds the folder dir, with the environment of this process.
func Build(ctx context.Context, dir string) (*Bundle, error) {
	return BuildWith(ctx, dir, os.Environ())
}

// BuildWith is Build with an environment for the compiler.
func BuildWith(ctx context.Context, dir string, env []string) (*Bundle, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, kernel.Errorf(kernel.NotFound, "there is no folder %s to build", dir)
	}
	folder, err := os.MkdirTemp("", "terrace-build-*")
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "no temporary folder can be made: %w", err)
	}
	b := &Bundle{How: "folder", folder: folder}
	if err := b.build(ctx, dir, env); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Bundle) build(ctx context.Context, dir string, env []string) error {
	source, skip := dir, tarball.Hidden
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		b.How = "go build"
		source = filepath.Join(b.folder, "root")
		if err := compile(ctx, dir, filepath.Join(source, "app"), env); err != nil {
			return err
		}
	}
	return b.pack(source, skip)
}

func (b *Bundle) pack(source string, skip func(string, bool) bool) error {
	f, err := os.OpenFile(b.path(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "the archive cannot be written: %w", err)
	}
	sum := sha256.New()
	counted := &counter{w: io.MultiWriter(f, sum)}
	err = errors.Join(tarball.Pack(counted, source, skip), f.Close())
	if err != nil {
		return err
	}
	b.Digest, b.Size = kernel.Digest("sha256:"+hex.EncodeToString(sum.Sum(nil))), counted.n
	return nil
}

func (b *Bundle) path() string { return filepath.Join(b.folder, "bundle.tar.gz") }

// Open returns the archive.
func (b *Bundle) Open() (io.ReadCloser, error) {
	f, err := os.Open(b.path())
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the archive cannot be read: %w", err)
	}
	return f, nil
}

// Close removes the archive.
func (b *Bundle) Close() error { return os.RemoveAll(b.folder) }

// counter stops a write that makes the archive too large.
type counter struct {
	w io.Writer
	n int64
}

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	if c.n += int64(len(p)); c.n > MaxSize {
		return 0, kernel.Errorf(kernel.TooLarge, "the packed build is over %d MiB", MaxSize>>20).
			WithFix("keep what the service does not need out of its folder")
	}
	n, err := c.w.Write(p)
	if err != nil {
		return n, fmt.Errorf("write the archive: %w", err)
	}
	return n, nil
}
