package fleet

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// HandIn keeps a state that an apply could not store: it is stored before anything
// else happens to the stack. Who hands it in proves with the receipt of the
// assignment that it is the apply's; a runner's name and labels prove nothing. One
// that was overtaken, because the state was written under a later lease, is Stale.
func (s *Service) HandIn(ctx context.Context, r Runner, id, receipt string, state io.Reader) error {
	a, err := s.Store.Assignment(ctx, id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	if err != nil || a.Scope.Tenant != r.Tenant || a.Phase != "apply" || !a.has(receipt) {
		return kernel.Errorf(kernel.Denied, "the runner %s has no receipt of an apply for this state", r.Name).
			WithFix("start a runner on the data folder of the one that made it, within %d days", int(keepEnded.Hours()/24))
	}
	if err := s.States.Keep(ctx, a.Stack, a.Fence, state); err != nil {
		return fmt.Errorf("keep the state of %s: %w", a.Stack, err)
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.record(kernel.WithActor(ctx, kernel.System("runner "+r.Name, r.Tenant)), "runner.state_handed_in", r, "the state of "+a.Stack+" could not be stored")
	})
}

func (a Assignment) has(receipt string) bool {
	digest := kernel.DigestOf([]byte(receipt))
	return a.Receipt != "" && subtle.ConstantTimeCompare([]byte(digest), []byte(a.Receipt)) == 1
}
