// Package runplan keeps plan files sealed in blob storage between plan and apply.
//
// It owns their keys: a run and a digest, so that an executor that lost its
// lease unawares never writes over its successor's plan. A plan holds every value
// in the clear, so it is sealed with its run as associated data: it opens as no
// other run's.
package runplan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
)

// maxPlan bounds a plan file.
const maxPlan = 256 << 20

// Sealer encrypts at rest.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Blobs keeps bytes by key.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, prefix string) iter.Seq2[blob.Object, error]
}

// Plans keeps the plans of runs.
type Plans struct {
	sealer Sealer
	blobs  Blobs
}

// New returns plans over the two.
func New(s Sealer, b Blobs) *Plans { return &Plans{sealer: s, blobs: b} }

// prefix is that of all plans of a run. They lie side by side, so that no
// empty folders are left when they go.
func prefix(run string) string { return "plans/" + run + "." }

func key(run string, digest kernel.Digest) string { return prefix(run) + digest.Hex() }

func associated(run string) []byte { return []byte("plan of " + run) }

// Save seals the plan of a run with its digest. Its earlier ones stay until Delete.
func (p *Plans) Save(ctx context.Context, run string, digest kernel.Digest, plan []byte) error {
	if len(plan) > maxPlan {
		return kernel.Errorf(kernel.TooLarge, "the plan of %s has %d bytes; at most %d are kept", run, len(plan), maxPlan)
	}
	sealed, err := p.sealer.Seal(ctx, plan, associated(run))
	if err != nil {
		return fmt.Errorf("seal the plan of %s: %w", run, err)
	}
	if err := p.blobs.Put(ctx, key(run, digest), bytes.NewReader(sealed)); err != nil {
		return fmt.Errorf("keep the plan of %s: %w", run, err)
	}
	return nil
}

// Load opens the plan of a run with the digest; NotFound when there is none.
func (p *Plans) Load(ctx context.Context, run string, digest kernel.Digest) ([]byte, error) {
	r, err := p.blobs.Get(ctx, key(run, digest))
	if err != nil {
		return nil, fmt.Errorf("load the plan of %s: %w", run, err)
	}
	sealed, err := io.ReadAll(io.LimitReader(r, maxPlan+1<<20))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("load the plan of %s: %w", run, err)
	}
	plan, err := p.sealer.Open(ctx, sealed, associated(run))
	if err != nil {
		return nil, fmt.Errorf("open the plan of %s: %w", run, err)
	}
	return plan, nil
}

// Delete removes the plans of a run; that there is none is no error.
func (p *Plans) Delete(ctx context.Context, run string) error {
	for plan, err := range p.blobs.List(ctx, prefix(run)) {
		if err == nil {
			err = p.blobs.Delete(ctx, plan.Key)
		}
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return fmt.Errorf("remove the plans of %s: %w", run, err)
		}
	}
	return nil
}
