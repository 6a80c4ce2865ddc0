// Package runplan keeps plan files sealed in blob storage between plan and apply.
//
// It owns their keys: a run and a digest, so that an executor that lost its
// lease unawares never writes over its successor's plan. A plan holds every value
// in the clear, so it is sealed with its run as associated data: it opens as no
// other run's.
package runplan

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

// maxPlan bounds a plan file.
const maxPlan = 256 << 20

// Blobs keeps bytes by key.
type Blobs interface {
	sealedblob.Blobs

	Delete(ctx context.Context, key string) error
	List(ctx context.Context, prefix string) iter.Seq2[blob.Object, error]
}

// Plans keeps the plans of runs.
type Plans struct {
	store sealedblob.Store
	blobs Blobs
}

// New returns plans over the two.
func New(s sealedblob.Sealer, b Blobs) *Plans {
	return &Plans{store: sealedblob.Store{Sealer: s, Blobs: b}, blobs: b}
}

// prefix is that of all plans of a run. They lie side by side, so that no
// empty folders are left when they go.
func prefix(run string) string { return "plans/" + run + "." }

func content(tenant, run string, digest kernel.Digest) sealedblob.Content {
	return sealedblob.Content{Tenant: tenant, Name: "the plan of " + run, Key: prefix(run) + digest.Hex(), Associated: []byte("plan of " + run), Max: maxPlan}
}

// Save seals the plan of a run of the tenant with its digest; another one is Refused. Its
// earlier ones stay until Delete.
func (p *Plans) Save(ctx context.Context, tenant, run string, digest kernel.Digest, plan io.Reader) error {
	c := content(tenant, run, digest)
	c.Digest = digest
	if _, err := p.store.Put(ctx, c, plan); err != nil {
		return fmt.Errorf("keep the plan of %s: %w", run, err)
	}
	return nil
}

// Load opens the plan of a run with the digest, which the caller closes; NotFound
// when there is none.
func (p *Plans) Load(ctx context.Context, run string, digest kernel.Digest) (io.ReadCloser, error) {
	plan, err := p.store.Get(ctx, content("", run, digest))
	if err != nil {
		return nil, fmt.Errorf("load the plan of %s: %w", run, err)
	}
	return plan, nil
}

// judged is what gates looked at of a plan. It is sealed with its run and dossier: what
// another dossier was made of is not taken for it.
func judged(tenant, run string, dossier kernel.Digest) sealedblob.Content {
	return sealedblob.Content{
		Tenant: tenant, Name: "what the gates looked at of " + run, Key: prefix(run) + dossier.Hex() + ".judged",
		Associated: []byte("judged of " + run + " " + string(dossier)), Max: maxPlan,
	}
}

// SaveJudged seals what gates looked at when they passed a dossier of the run.
func (p *Plans) SaveJudged(ctx context.Context, tenant, run string, dossier kernel.Digest, content io.Reader) error {
	if _, err := p.store.Put(ctx, judged(tenant, run, dossier), content); err != nil {
		return fmt.Errorf("keep what the gates looked at of %s: %w", run, err)
	}
	return nil
}

// LoadJudged opens it, and the caller closes it; NotFound when there is none.
func (p *Plans) LoadJudged(ctx context.Context, run string, dossier kernel.Digest) (io.ReadCloser, error) {
	content, err := p.store.Get(ctx, judged("", run, dossier))
	if err != nil {
		return nil, fmt.Errorf("load what the gates looked at of %s: %w", run, err)
	}
	return content, nil
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
