package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Try queues a dry run of a release on a stage, wherever the release has been
// verified: it tells what the release would change there, and changes nothing.
func (s *Service) Try(ctx context.Context, scope kernel.Scope, c ChangeRequest) (Run, error) {
	_, where, err := s.allowed(ctx, scope, c.Stage, actionDeploy)
	if err != nil {
		return Run{}, err
	}
	return s.request(ctx, func(ctx context.Context) (Run, error) {
		ref, err := s.releaseRef(ctx, where, c)
		if err != nil {
			return Run{}, err
		}
		return Run{Scope: where, Workload: c.Workload, Release: ref, Operation: Deploy, Reason: c.Reason, DryRun: true}, nil
	})
}
