package acme

import "context"

// Sweep removes what is over: orders with their authorizations, nonces, certificates that have
// ended, and keys that bind nobody.
func (s *Service) Sweep(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := s.Ledger.Sweep(ctx, s.Clock.Now().Add(-s.Limits.Kept))
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}
