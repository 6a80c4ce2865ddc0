package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Exemption is why a finding that breaks a rule stops no run: somebody asked for
// that, somebody approved it, and it ends.
type Exemption struct {
	ID          string    `json:"id"`
	Reason      string    `json:"reason"`
	RequestedBy string    `json:"requestedBy"`
	ApprovedBy  string    `json:"approvedBy"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// String returns it as a part of a line for people.
func (e Exemption) String() string {
	return fmt.Sprintf("exempted until %s, as %s asked and %s approved: %s (%s)", e.ExpiresAt.Format(time.RFC3339), e.RequestedBy, e.ApprovedBy, e.Reason, e.ID)
}

// Exemptions knows which exemptions still count.
type Exemptions interface {
	// Lapsed says why one of them counts no longer, "" where all do.
	Lapsed(ctx context.Context, scope kernel.Scope, ids []string) (string, error)
}

// exemptions are the ids of those by which the run's dossier passes its gates.
func (r Run) exemptions() []string {
	var ids []string
	for _, g := range r.Gates {
		for _, e := range g.Exemptions {
			if !slices.Contains(ids, e.ID) {
				ids = append(ids, e.ID)
			}
		}
	}
	return ids
}

// lapsed says which exemption of the run's dossier counts no longer, "" for none.
func (s *Service) lapsed(ctx context.Context, r Run) (string, error) {
	ids := r.exemptions()
	if len(ids) == 0 {
		return "", nil
	}
	if s.Exemptions == nil {
		return "nobody knows the exemptions of the plan any longer", nil
	}
	return s.Exemptions.Lapsed(ctx, r.Scope, ids)
}

// Reconsider has the runs of a scope that wait for people planned again where a
// finding concerns what has changed: an exemption that came or went. Workload "" is
// any, and so is an empty stage.
func (s *Service) Reconsider(ctx context.Context, scope kernel.Scope, workload string, concerns func(Finding) bool, why string) error {
	filter := Filter{Workload: workload, Stage: scope.Stage, Status: AwaitingApproval}
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		waiting, err := s.Store.List(ctx, projectOf(scope), filter, page)
		if err != nil {
			return err
		}
		for _, r := range waiting.Items {
			if !r.finds(concerns) {
				continue
			}
			if err := s.planAnew(ctx, r, why); err != nil && !kernel.Is(err, kernel.Stale) {
				return err
			}
		}
		if page.Cursor = waiting.Next; page.Cursor == "" {
			return nil
		}
	}
}

func (r Run) finds(concerns func(Finding) bool) bool {
	return slices.ContainsFunc(r.Gates, func(g GateResult) bool { return slices.ContainsFunc(g.Findings, concerns) })
}
