package factor_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// noJournal takes facts and forgets them.
type noJournal struct{}

func (noJournal) Record(context.Context, kernel.Fact) error { return nil }

// meeting is a store in which whoever has read the factors waits for the other to have
// read them, too: for a while, since it is to wait for them.
type meeting struct {
	factor.Store
	read chan struct{}
}

func (m meeting) FactorsOf(ctx context.Context, tenant, user string) ([]factor.Factor, error) {
	all, err := m.Store.FactorsOf(ctx, tenant, user)
	select {
	case m.read <- struct{}{}:
	case <-m.read:
	case <-time.After(300 * time.Millisecond):
	}
	return all, err
}

// TestTheLastTwoAreNotBothRemoved at the same time where the tenant asks for one.
func TestTheLastTwoAreNotBothRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{factorsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store := factorsql.NewStore(d)
		if d.Dialect() == db.SQLite {
			t.Skip("one transaction writes at a time")
		}
		var group sync.WaitGroup
		s := factor.New(factor.Config{Store: meeting{store, make(chan struct{})}, Tx: d, Journal: noJournal{}, Address: "https://terrace.example.com"})
		who := kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"}
		ids := []string{"fct_1", "fct_2"}
		for _, id := range ids {
			if err := store.AddFactor(t.Context(), factor.Factor{ID: id, Tenant: "default", UserID: "usr_1", Kind: factor.Passkey, Name: id, Credential: id, Data: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.PutPolicy(t.Context(), "default", factor.Required); err != nil {
			t.Fatal(err)
		}
		refused := make(chan error, len(ids))
		for _, id := range ids {
			group.Go(func() {
				_, err := s.Remove(t.Context(), who, id)
				refused <- err
			})
		}
		group.Wait()
		first, second := <-refused, <-refused
		if (first == nil) == (second == nil) {
			t.Errorf("%v, %v", first, second)
		}
	})
}
