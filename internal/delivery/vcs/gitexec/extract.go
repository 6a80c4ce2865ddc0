package gitexec

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a copy of a commit's files.
const (
	maxExtracted = 512 << 20
	maxEntries   = 100_000
)

// Extract writes the regular files of a commit into a folder. Links are left out:
// they could lead anywhere.
func (r Repo) Extract(ctx context.Context, commit, dir string) error {
	if !IsObject(commit) {
		return kernel.Errorf(kernel.Invalid, "%q is no commit", commit)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("copy a commit: %w", err)
	}
	defer func() { _ = root.Close() }() // was only written below
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := unpack(root, out)
		_ = out.CloseWithError(err) // ends git, where something is wrong
		done <- err
	}()
	_, err = r.Git.Run(ctx, Command{Dir: r.Dir, Args: []string{"archive", "--format=tar", commit}, Stdout: in})
	_ = in.CloseWithError(err) // nil is its end
	return errors.Join(<-done, err)
}

func unpack(root *os.Root, from io.Reader) error {
	archive := tar.NewReader(from)
	var size int64
	for n := 0; ; n++ {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, from) // the padding
			return err                         //nolint:wrapcheck // a pipe's
		}
		if err != nil {
			return fmt.Errorf("copy a commit: %w", err)
		}
		if size += h.Size; size > maxExtracted || n > maxEntries {
			return kernel.Errorf(kernel.TooLarge, "the commit has more than %d MiB, or than %d files", maxExtracted>>20, maxEntries)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := write(root, h, archive); err != nil {
			return fmt.Errorf("copy %s: %w", h.Name, err)
		}
	}
}

func write(root *os.Root, h *tar.Header, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(h.Name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err //nolint:wrapcheck // its caller names the file
	}
	f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600|fs.FileMode(h.Mode)&0o100)
	if err != nil {
		return err //nolint:wrapcheck // its caller names the file
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}
