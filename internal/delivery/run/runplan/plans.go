// Package runplan keeps plan files sealed in blob storage between plan and apply.
//
// It owns their keys. A plan holds every value in the clear, so it is sealed
// with its run as associated data: it opens as no other run's.
package runplan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
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
}

// Plans keeps one plan a run.
type Plans struct {
	sealer Sealer
	blobs  Blobs
}

// New returns plans over the two.
func New(s Sealer, b Blobs) *Plans { return &Plans{sealer: s, blobs: b} }

func key(run string) string { return "plans/" + run }

func associated(run string) []byte { return []byte("plan of " + run) }

// Save seals the plan of a run, over an earlier one.
func (p *Plans) Save(ctx context.Context, run string, plan []byte) error {
	if len(plan) > maxPlan {
		return kernel.Errorf(kernel.TooLarge, "the plan of %s has %d bytes; at most %d are kept", run, len(plan), maxPlan)
	}
	sealed, err := p.sealer.Seal(ctx, plan, associated(run))
	if err != nil {
		return fmt.Errorf("seal the plan of %s: %w", run, err)
	}
	if err := p.blobs.Put(ctx, key(run), bytes.NewReader(sealed)); err != nil {
		return fmt.Errorf("keep the plan of %s: %w", run, err)
	}
	return nil
}

// Load opens the plan of a run; NotFound when there is none.
func (p *Plans) Load(ctx context.Context, run string) ([]byte, error) {
	r, err := p.blobs.Get(ctx, key(run))
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

// Delete removes the plan of a run; one that is not there is no error.
func (p *Plans) Delete(ctx context.Context, run string) error {
	if err := p.blobs.Delete(ctx, key(run)); err != nil && !kernel.Is(err, kernel.NotFound) {
		return fmt.Errorf("remove the plan of %s: %w", run, err)
	}
	return nil
}
