package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// PlanFile is the tool's saved plan, wherever it lies. It holds values in the
// clear: seal it before it is stored.
type PlanFile struct {
	Digest kernel.Digest
	// Open reads it from the start, any number of times while it is there.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// made is the plan that the tool has saved in w.
func (w workdir) made() (PlanFile, error) {
	open := func(context.Context) (io.ReadCloser, error) {
		f, err := os.Open(w.join(planName))
		return f, onDisk("read the plan", err)
	}
	plan, err := open(context.Background())
	if err != nil {
		return PlanFile{}, err
	}
	digest, err := copyOf(io.Discard, plan)
	return PlanFile{Digest: digest, Open: open}, onDisk("read the plan", errors.Join(err, plan.Close()))
}

// layOut writes the plan into w, and refuses one that is not what its digest tells.
func (w workdir) layOut(ctx context.Context, plan PlanFile) error {
	from, err := plan.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	to, err := os.OpenFile(w.join(planName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return onDisk("lay out the plan", err)
	}
	digest, err := copyOf(to, from)
	if err := errors.Join(err, to.Close()); kernel.KindOf(err) == kernel.Internal {
		return onDisk("lay out the plan", err)
	} else if err != nil {
		return err
	}
	return plan.is(digest)
}

// is refuses what is not the plan.
func (p PlanFile) is(digest kernel.Digest) error {
	if digest != p.Digest {
		return kernel.Errorf(kernel.Refused, "the plan that came is not the one to apply (digest %s, not %s)", digest.Short(), p.Digest.Short()).
			WithFix("deploy again")
	}
	return nil
}

// copyOf copies what from gives and returns its digest.
func copyOf(to io.Writer, from io.Reader) (kernel.Digest, error) {
	hash := sha256.New()
	_, err := io.Copy(io.MultiWriter(to, hash), from)
	return kernel.Digest("sha256:" + hex.EncodeToString(hash.Sum(nil))), err
}
