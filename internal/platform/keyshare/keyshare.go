// Package keyshare keeps the shares of tenants' keys in a folder or a bucket.
//
// It owns where a share lies: a file for each key, in a folder for each tenant. It does
// not own what shares are for: platform/seal does.
package keyshare

import (
	"bytes"
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
)

// longest is what a share may have, in bytes.
const longest = 1 << 10

// Store implements seal.Shares.
type Store struct{ Blobs *blob.Store }

func key(owner, id string) string { return owner + "/" + id }

// Put implements seal.Shares.
func (s Store) Put(ctx context.Context, owner, id string, share []byte) error {
	return s.Blobs.Put(ctx, key(owner, id), bytes.NewReader(share))
}

// Share implements seal.Shares.
func (s Store) Share(ctx context.Context, owner, id string) ([]byte, error) {
	r, err := s.Blobs.Get(ctx, key(owner, id))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	share, err := io.ReadAll(io.LimitReader(r, longest))
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the share of the key %s of the tenant %s cannot be read: %w", id, owner, err)
	}
	return share, nil
}

// Destroy implements seal.Shares.
func (s Store) Destroy(ctx context.Context, owner string) error {
	for o, err := range s.Blobs.List(ctx, key(owner, "")) {
		if err != nil {
			return err
		}
		if err := s.Blobs.Delete(ctx, o.Key); err != nil {
			return err
		}
	}
	return nil
}
