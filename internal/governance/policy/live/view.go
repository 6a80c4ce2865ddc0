package live

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// Policies are those of all sources. Of a source with an index they are as it tells,
// compiled or not.
func (s *Sets) Policies(ctx context.Context) []policy.Policy {
	s.load(ctx)
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []policy.Policy
	for i, st := range s.state {
		switch {
		case st.parts != nil:
			for _, p := range st.parts.index {
				p.Source = s.sources[i].Name
				all = append(all, p)
			}
		case st.set != nil:
			all = append(all, st.set.Policies()...)
		}
	}
	return all
}

// Offered is a folder that somebody offers, compiled as one of the sources would be.
func (s *Sets) Offered(ctx context.Context, folder policy.Folder) (*rego.Set, error) {
	return rego.Compile(ctx, s.library, folder)
}
