package acme

import "context"

// Sweep removes what is over: orders with their authorizations, nonces, certificates that have
// ended, and keys that bind nobody, and accounts
// without a key that have nothing for long.
func (s *Service) Sweep(ctx context.Context) error {
	for ctx.Err() == nil {
		now := s.Clock.Now()
		n, err := s.Ledger.Sweep(ctx, now.Add(-s.Limits.Kept), now.Add(-s.Limits.MaxLife))
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}
