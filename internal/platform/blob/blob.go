// Package blob keeps content that is too big for the database: plans, logs,
// state versions, artifacts. It is a thin layer over gocloud.dev/blob that
// checks keys, writes whole or not at all, and speaks Terrace's error kinds.
//
// It owns how content is reached. It does not own what keys mean, nor
// encryption: callers seal what must not be read at rest.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Opener opens the bucket at a URL.
type Opener func(ctx context.Context, u *url.URL) (*blob.Bucket, error)

// Store is an open bucket.
type Store struct {
	bucket *blob.Bucket
	// folder is where the content lies, "" where it is no folder.
	folder string
}

// Object describes a blob.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time
}

// Open opens the bucket at rawURL: file:///a/folder, which is made where it is
// missing and readable by its owner alone, or a scheme of openers, such as a
// cloud's object storage.
func Open(ctx context.Context, rawURL string, openers map[string]Opener) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	open, folder := openers[u.Scheme], ""
	if open == nil && u.Scheme == "file" {
		open, folder = openFolder, filepath.FromSlash(u.Path)
	}
	if open == nil {
		return nil, fmt.Errorf("open blob store: the URL has the scheme %q; there are %s", u.Scheme, strings.Join(schemes(openers), ", "))
	}
	bucket, err := open(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	return &Store{bucket: bucket, folder: folder}, nil
}

func schemes(openers map[string]Opener) []string {
	names := []string{"file"}
	for name := range openers {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// openFolder writes temporary files beside the final ones, so that the rename
// stays within one disk, and no files for attributes.
func openFolder(_ context.Context, u *url.URL) (*blob.Bucket, error) {
	return fileblob.OpenBucket(filepath.FromSlash(u.Path), &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
}

// Put keeps what r gives under key, in the place of what was there. After an
// error nothing has changed.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File // where the bucket is a folder
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream",
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil },
	})
	if err != nil {
		return mapError(err, "write", key)
	}
	if err := fill(w, file, r); err != nil {
		cancel() // makes Close drop what was written
		_ = w.Close()
		return mapError(err, "write", key)
	}
	if err := w.Close(); err != nil {
		return mapError(err, "write", key)
	}
	return mapError(syncFolder(file), "write", key)
}

// piece is how much is copied at once, in bytes. The bucket's own way of copying
// takes a megabyte for the smallest blob.
const piece = 32 << 10

func fill(w io.Writer, file *os.File, r io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, piece))
	if err != nil || file == nil {
		return err
	}
	return file.Sync()
}

// syncFolder makes the rename last through a loss of power.
func syncFolder(file *os.File) error {
	if file == nil {
		return nil
	}
	dir, err := os.Open(filepath.Dir(file.Name()))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Get returns the content of key, which the caller closes. The error is
// NotFound where there is none.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, mapError(err, "read", key)
	}
	return r, nil
}

// Exists reports whether key has content.
func (s *Store) Exists(ctx context.Context, key string) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	ok, err := s.bucket.Exists(ctx, key)
	return ok, mapError(err, "look up", key)
}

// Delete removes key; a key without content is removed already.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	err := s.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return mapError(err, "delete", key)
}

// List goes through the blobs whose keys start with prefix, in the order of
// their keys. It stops at the first error.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		it := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := it.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, mapError(err, "list", prefix))
				return
			}
			if strings.HasSuffix(o.Key, temporary) {
				continue
			}
			if !yield(Object{Key: o.Key, Size: o.Size, Modified: o.ModTime}, nil) {
				return
			}
		}
	}
}

// Close releases the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

func mapError(err error, verb, key string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		full := kernel.Errorf(kernel.Unavailable, "the disk that holds the blobs is full; %s was not saved", key)
		full.Err = err
		return full.WithFix("free space on it and try again")
	case gcerrors.Code(err) == gcerrors.NotFound:
		return kernel.Errorf(kernel.NotFound, "the content %s does not exist", key)
	case kernel.KindOf(err) != kernel.Internal:
		return err // what the reader of an upload refused
	default:
		return kernel.Errorf(kernel.Internal, "%s blob %s: %w", verb, key, err)
	}
}
