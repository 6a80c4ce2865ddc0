package run

import "context"

// Executing returns the run that somebody executes on the stack at this moment, "" for none.
func (s *Service) Executing(ctx context.Context, stack string) (string, error) {
	l, err := s.Store.Lease(ctx, stack)
	if err != nil || s.dead(l) {
		return "", err
	}
	return l.Run, nil
}
