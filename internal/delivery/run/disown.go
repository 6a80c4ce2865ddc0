package run

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// disowned are those whose word for the current dossier counts, and who may not give
// it any more: their role was taken from them, or they are kept out.
func (s *Service) disowned(ctx context.Context, r Run) (who []string, err error) {
	for _, a := range counting(r, s.Clock.Now()) {
		actor, err := s.Roles.Acting(ctx, r.Scope.Tenant, a.By.ID)
		if err == nil {
			err = s.authorizeApproval(kernel.WithActor(ctx, actor), r)
		}
		switch {
		case err == nil:
		case kernel.Is(err, kernel.NotFound), kernel.Is(err, kernel.Unauthenticated), kernel.Is(err, kernel.Denied):
			who = append(who, a.By.ID)
		default:
			return nil, err
		}
	}
	return who, nil
}

// disown ends what those people have said of the current dossier.
func (r *Run) disown(who []string, now time.Time) {
	r.Approvals = slices.Clone(r.Approvals)
	for i, a := range r.Approvals {
		if a.Digest == r.Dossier && !a.expired(now) && slices.Contains(who, a.By.ID) {
			r.Approvals[i].ExpiresAt, r.Approvals[i].Disowned = &now, true
		}
	}
}
