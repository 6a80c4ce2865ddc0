package release_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhatWasUndoneIsNotRemembered reads a release in the transaction that makes it,
// which fails.
func TestWhatWasUndoneIsNotRemembered(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		undone := errors.New("undone")
		var made release.Release
		err := w.config.Tx.InTx(ctx, func(ctx context.Context) error {
			made = create(ctx, t, w, release.New{Workload: orders(t, "")})
			if _, err := w.Get(ctx, scope(), made.ID); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if _, err := w.Get(ctx, scope(), made.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("it is there: %v", err)
		}
	})
}

// TestWhatIsRememberedIsOfItsProjectAndStage asks twice, and then elsewhere.
func TestWhatIsRememberedIsOfItsProjectAndStage(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		made := create(ctx, t, w, release.New{Workload: orders(t, "")})
		for range 2 {
			if got, err := w.Get(ctx, scope(), made.ID); err != nil || !cmp.Equal(got.Modules, made.Modules) {
				t.Errorf("%+v, %v", got, err)
			}
			for name, want := range map[string]string{"dev": "redis", "prod": "redis-prod"} {
				st, err := w.stages.Get(name)
				if err != nil {
					t.Fatal(err)
				}
				g, _, err := w.Graph(ctx, made, st)
				if err != nil || len(g.Nodes) == 0 || g.Nodes[0].Definition != want {
					t.Errorf("%s has %+v, %v", name, g, err)
				}
			}
		}
		if _, err := w.Get(ctx, kernel.Scope{Tenant: "default", Project: "other"}, made.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another project sees it: %v", err)
		}
		w.denied = release.ActionRead
		if _, err := w.Get(ctx, scope(), made.ID); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not read it gets it: %v", err)
		}
	})
}
