package policy

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// GetExemption returns an exemption of the scope's project, or of its tenant, with what
// it does not count for any longer.
func (s *Service) GetExemption(ctx context.Context, scope kernel.Scope, id string) (Exemption, error) {
	if err := s.Authorizer.Authorize(ctx, actionReadExempted, scope); err != nil {
		return Exemption{}, err
	}
	e, err := s.Store.Exemption(ctx, scope, id)
	if err != nil || e.Status != Approved {
		return e, err
	}
	err = s.newMeasure(ctx).hold(ctx, &e)
	return e, err
}

// ListExemptions returns the exemptions of the scope's project and of its tenant;
// those of all projects where it has none. Each tells what it does not count for any
// longer.
func (s *Service) ListExemptions(ctx context.Context, scope kernel.Scope, f ExemptionFilter, page kernel.PageRequest) (kernel.Page[Exemption], error) {
	if err := s.Authorizer.Authorize(ctx, actionReadExempted, scope); err != nil {
		return kernel.Page[Exemption]{}, err
	}
	found, err := s.Store.Exemptions(ctx, scope, f, page)
	if err == nil && len(found.Items) == 0 && f.Policy != "" {
		err = s.knownPolicy(ctx, f.Policy)
	}
	if err != nil {
		return found, err
	}
	m := s.newMeasure(ctx)
	for i := range found.Items {
		if err == nil {
			err = m.hold(ctx, &found.Items[i])
		}
	}
	return found, err
}

func (s *Service) knownPolicy(ctx context.Context, id string) error {
	all, err := s.policies(ctx)
	if err == nil && !slices.ContainsFunc(all, func(p Policy) bool { return p.ID == id }) {
		err = s.unknown(id, "")
	}
	return err
}
