package live

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Offered reads policies that somebody offers, as one of the sources would be. Its
// errors have each mistake with line and column.
func (s *Sets) Offered(ctx context.Context, folder policy.Folder) ([]policy.Policy, error) {
	set, err := s.proposed.compile(ctx, s.library, []policy.Folder{folder})
	if err != nil {
		return nil, err
	}
	return set.Policies(), nil
}
