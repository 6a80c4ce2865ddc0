package audit_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// locked is a store that notes whose chains are moved.
type locked struct {
	audit.Store

	mu    sync.Mutex
	moved []string
}

func (l *locked) Move(ctx context.Context, tenant string, from, to chain.Place) (bool, error) {
	l.mu.Lock()
	l.moved = append(l.moved, tenant)
	l.mu.Unlock()
	return l.Store.Move(ctx, tenant, from, to)
}

// TestChainsAreLockedInOneOrder: two transactions that record for the same tenants would
// wait for each other without.
func TestChainsAreLockedInOneOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *audit.Service, d *db.DB) {
		store := &locked{Store: auditsql.NewStore(d)}
		s := newService(d)
		s.Store = store
		for _, tenants := range [][]string{{"c", "default", "a", "c"}, {"a", "c", "default", "a"}} {
			store.moved = nil
			err := d.InTx(as(t.Context(), "ada"), func(ctx context.Context) error {
				for _, tenant := range tenants {
					if err := s.Record(ctx, kernel.Fact{Type: "thing.done", Scope: kernel.Scope{Tenant: tenant}}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil || !slices.Equal(store.moved, []string{"a", "c", "default"}) {
				t.Errorf("%q are locked as %q, %v", tenants, store.moved, err)
			}
		}
		if r := verify(t, s); r.Broken != nil || r.Entries != 2 {
			t.Errorf("%+v", r)
		}
	})
}
