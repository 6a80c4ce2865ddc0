// Package sealedblob keeps content sealed in blobs, a piece at a time: however
// large it is, little of it is ever in memory.
//
// It owns how content passes from a reader through the sealer into a blob, its
// digest on the way, and its bound. It owns neither keys nor how long they stay.
package sealedblob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Sealer encrypts at rest, as it is written.
type Sealer interface {
	WriterFor(ctx context.Context, tenant string, w io.Writer, associated []byte) (io.WriteCloser, error)
	Reader(ctx context.Context, r io.Reader, associated []byte) (io.Reader, error)
}

// Blobs keeps bytes by key; a Put whose reader fails changes nothing.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}

// Store keeps content sealed in blobs.
type Store struct {
	Sealer Sealer
	Blobs  Blobs
}

// Content is what is kept in one blob. What is sealed with Associated opens as
// nothing else.
type Content struct {
	// Name is what people call it.
	Name string
	// Tenant is whose key it is sealed with.
	Tenant     string
	Key        string
	Associated []byte
	// Max bounds it in bytes, before it is sealed.
	Max int64
	// Digest is what it must have, "" for whatever it has.
	Digest kernel.Digest
}

// Put keeps what r gives and returns its digest. What is larger than it may be is
// TooLarge, what is not what was told Refused; after an error nothing has changed.
func (s Store) Put(ctx context.Context, c Content, r io.Reader) (kernel.Digest, error) {
	out, in := io.Pipe()
	var digest kernel.Digest
	sealed := make(chan error, 1)
	go func() {
		var err error
		digest, err = s.seal(ctx, in, c, r)
		_ = in.CloseWithError(err) // never fails; nil is the end
		sealed <- err
	}()
	err := s.Blobs.Put(ctx, c.Key, out)
	_ = out.Close() // never fails, and lets the other side go
	if failed := <-sealed; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		return "", failed
	}
	return digest, err
}

func (s Store) seal(ctx context.Context, w io.Writer, c Content, r io.Reader) (kernel.Digest, error) {
	out, err := s.Sealer.WriterFor(ctx, c.Tenant, w, c.Associated)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", c.Name, err)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(hash, out), io.LimitReader(r, c.Max+1))
	if err != nil {
		return "", err
	}
	if n > c.Max {
		return "", kernel.Errorf(kernel.TooLarge, "%s has more than %d bytes, which is the most that is kept of one", c.Name, c.Max)
	}
	digest := kernel.Digest("sha256:" + hex.EncodeToString(hash.Sum(nil)))
	if c.Digest != "" && c.Digest != digest {
		return "", kernel.Errorf(kernel.Refused, "%s is not the one that was told of (digest %s, not %s)", c.Name, digest.Short(), c.Digest.Short())
	}
	return digest, out.Close()
}

// Get returns the content, which the caller closes; NotFound when there is none.
// What was altered is never returned: the error comes in its place.
func (s Store) Get(ctx context.Context, c Content) (io.ReadCloser, error) {
	sealed, err := s.Blobs.Get(ctx, c.Key)
	if err != nil {
		return nil, err
	}
	plain, err := s.Sealer.Reader(ctx, sealed, c.Associated)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	return opened{plain, sealed}, nil
}

// opened reads the content and closes its blob.
type opened struct {
	io.Reader
	io.Closer
}
