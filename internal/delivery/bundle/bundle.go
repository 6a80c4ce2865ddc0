// Package bundle builds what a container with a local image runs: it compiles
// Go sources, or takes a folder as it is, and packs the result.
//
// It owns the way from a folder to an archive with a digest: the same source
// gives the same digest, on a developer's machine as on the server's. It uploads
// nothing, and knows nothing of where and how safely the compiler runs.
package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball"
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

// Builder builds folders. The zero value does so with the environment of this
// process, as a developer would.
type Builder struct {
	// Env is the environment of the compiler, nil for that of this process.
	Env []string
	// Folder is where a build puts what it makes, "" for that of temporary files.
	Folder string
	// Run runs the compiler, nil for as it is.
	Run func(ctx context.Context, compiler *exec.Cmd) error
}

// Build builds the folder dir.
func (b Builder) Build(ctx context.Context, dir string) (*Bundle, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, kernel.Errorf(kernel.NotFound, "there is no folder %s to build", dir)
	}
	folder, err := os.MkdirTemp(b.Folder, "terrace-build-*")
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "no temporary folder can be made: %w", err)
	}
	made := &Bundle{How: "folder", folder: folder}
	if err := made.build(ctx, dir, b); err != nil {
		return nil, errors.Join(err, made.Close())
	}
	return made, nil
}

func (b *Bundle) build(ctx context.Context, dir string, with Builder) error {
	source, skip := dir, tarball.Hidden
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		b.How = "go build"
		source = filepath.Join(b.folder, "root")
		if err := os.Mkdir(source, 0o700); err != nil {
			return kernel.Errorf(kernel.Unavailable, "no temporary folder can be made: %w", err)
		}
		if err := with.compile(ctx, dir, filepath.Join(source, "app")); err != nil {
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
