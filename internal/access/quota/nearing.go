package quota

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// near is the share of a limit, in percent, from which on it is told that it is nearly
// used up.
const near = 80

// share is how much of a limit is used, in percent.
func share(used, limit int64) int64 {
	if limit <= 0 {
		return 100
	}
	return int64(float64(used) / float64(limit) * 100)
}

// nearing tells once that most of a limit is used, and again after less was.
func (s *Service) nearing(ctx context.Context, of kernel.Scope, name Name, limit, used int64) error {
	if limit <= 0 || share(used, limit) < near {
		return s.Store.Forget(ctx, of, name)
	}
	first, err := s.Store.Tell(ctx, of, name, s.Clock.Now())
	if err != nil || !first {
		return err
	}
	ctx = kernel.WithActor(ctx, kernel.System("quotas", of.Tenant))
	return s.Journal.Record(ctx, kernel.Fact{Type: "quota.nearing", Scope: of, Subject: string(name), Data: map[string]any{
		"quota": name, "limit": limit, "used": used, "percent": share(used, limit),
	}})
}
