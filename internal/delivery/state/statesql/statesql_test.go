package statesql_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const stack = "acme/shop/orders/dev"

func each(t *testing.T, test func(t *testing.T, d *db.DB, s *statesql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{statesql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, d, statesql.NewStore(d)) })
}

func TestStackRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, s *statesql.Store) {
		ctx := context.Background()
		if got, err := s.Stack(ctx, stack); err != nil || got != (state.Stack{ID: stack}) {
			t.Fatalf("unknown stack: %+v, %v; want an empty record", got, err)
		}
		want := state.Stack{ID: stack, Current: "sv_1", Held: &state.Held{
			Lock: state.Lock{ID: "l1", Operation: "OperationTypeApply", Who: "a@b", Created: "now"}, Run: "run_1", Fence: 7,
		}}
		for _, record := range []state.Stack{want, {ID: stack, Current: "sv_1"}, want} {
			err := d.InTx(ctx, func(ctx context.Context) error {
				if _, err := s.Hold(ctx, stack); err != nil {
					return err
				}
				return s.Save(ctx, record)
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Stack(ctx, stack)
			if diff := cmp.Diff(record, got); diff != "" || err != nil {
				t.Fatalf("record after save (-want +got), err %v:\n%s", err, diff)
			}
		}
		if _, err := s.Hold(ctx, "acme/shop"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a stack with half a name: %v, want invalid", err)
		}
	})
}

// TestHoldKeepsOthersOut counts up a stack's record from many transactions:
// none may overwrite another's step.
func TestHoldKeepsOthersOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, s *statesql.Store) {
		ctx := context.Background()
		const steps = 20
		var group sync.WaitGroup
		for range steps {
			group.Go(func() {
				err := d.InTx(ctx, func(ctx context.Context) error {
					record, err := s.Hold(ctx, stack)
					if err != nil {
						return err
					}
					record.Current += "x"
					return s.Save(ctx, record)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if got, err := s.Stack(ctx, stack); err != nil || len(got.Current) != steps {
			t.Errorf("%d steps were kept (%v), want %d", len(got.Current), err, steps)
		}
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *db.DB, s *statesql.Store) {
		ctx := context.Background()
		var want []state.Version
		for i := range 5 {
			v := state.Version{
				ID: fmt.Sprintf("sv_%d", i), Stack: stack, Serial: int64(i), Lineage: "l", Digest: kernel.DigestOf([]byte{byte(i)}),
				Size: 10, Run: "run_1", Fence: 3, CreatedAt: time.Date(2026, 3, 1, 12, 0, i, 0, time.UTC),
			}
			other := v
			other.ID, other.Stack = v.ID+"_other", "rival/shop/orders/dev"
			for _, v := range []state.Version{v, other} {
				if err := s.Add(ctx, v); err != nil {
					t.Fatal(err)
				}
			}
			want = append([]state.Version{v}, want...)
		}
		first, err := s.List(ctx, stack, kernel.PageRequest{Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.List(ctx, stack, kernel.PageRequest{Limit: 3, Cursor: first.Next})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, append(first.Items, second.Items...)); diff != "" || second.Next != "" {
			t.Errorf("two pages, next %q (-want +got):\n%s", second.Next, diff)
		}
		if _, err := s.Version(ctx, stack, "sv_1_other"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant's version: %v, want not found", err)
		}
		if err := s.Add(ctx, want[0]); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("the same id again: %v, want a conflict", err)
		}
	})
}
