package focus

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Paid is what a month came to, by whom.
type Paid struct {
	// Lines are by tenant, project, stage and workload, and currency.
	Lines []Line
	// Until is the last day that the imports of every account have, "" where nothing
	// of the month was imported.
	Until string
}

// Paid returns the effective cost of a month, 2026-01. It asks nobody: other rooms
// call it for work that was authorised already.
func (s *Service) Paid(ctx context.Context, tenant, month string) (Paid, error) {
	r := Showback{Month: month, By: []Dimension{ByTenant, ByProject, ByStage, ByWorkload}, Basis: Effective}
	scope := kernel.Scope{Tenant: tenant}
	if err := s.cover(ctx, scope, &r); kernel.Is(err, kernel.NotFound) {
		return Paid{}, nil
	} else if err != nil {
		return Paid{}, err
	}
	pieces, err := s.pieces(ctx, scope, month, Effective)
	if err != nil {
		return Paid{}, err
	}
	r.sum(pieces)
	return Paid{Lines: r.Lines, Until: r.last}, nil
}
