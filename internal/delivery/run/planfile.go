package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// keepPlan seals the plan that was made of the run: who loses the lease at this
// moment keeps another plan than its successor's.
func (e *execution) keepPlan(ctx context.Context, plan PlanFile) error {
	from, err := plan.Open(ctx)
	if err != nil {
		return err
	}
	err = e.s.Plans.Save(ctx, e.scope.Tenant, e.id, plan.Digest, from)
	return errors.Join(err, from.Close())
}

// kept is the run's sealed plan with the digest.
func (e *execution) kept(digest kernel.Digest) PlanFile {
	return PlanFile{Digest: digest, Open: func(ctx context.Context) (io.ReadCloser, error) {
		return e.s.Plans.Load(ctx, e.id, digest)
	}}
}

// unaltered reads the sealed plan, and refuses one that is not what passed the
// gates; stale says that there is none.
func (e *execution) unaltered(ctx context.Context) (stale string, err error) {
	if e.isWarm(e.run.Plan.Digest) {
		return "", nil // who applies it looks
	}
	plan, err := e.kept(e.run.Plan.Digest).Open(ctx)
	if kernel.Is(err, kernel.NotFound) {
		return "the plan that passed is kept no longer", nil
	}
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, plan)
	if err := errors.Join(err, plan.Close()); err != nil {
		return "", err
	}
	if digest := kernel.Digest("sha256:" + hex.EncodeToString(hash.Sum(nil))); digest != e.run.Plan.Digest {
		return "", kernel.Errorf(kernel.Refused, "the stored plan is not the one that passed the gates (digest %s, not %s)", digest.Short(), e.run.Plan.Digest.Short())
	}
	return "", nil
}
