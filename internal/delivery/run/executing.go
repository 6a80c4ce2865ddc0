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

// Given returns the fence that was given on the stack last, 0 for none.
func (s *Service) Given(ctx context.Context, stack string) (int64, error) {
	l, err := s.Store.Lease(ctx, stack)
	return l.Fence, err
}
