package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
)

// TestTheFirstStartKeepsWhoSignsIn in the transaction that makes them: what seals their
// credentials makes its own keys there, and may not wait for that transaction's end.
func TestTheFirstStartKeepsWhoSignsIn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := config.Default()
	c.DataDir = t.TempDir()
	p, err := newPlatform(ctx, c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close(context.WithoutCancel(ctx))
	if err := migrate(ctx, p.db); err != nil {
		t.Fatal(err)
	}
	a := newAccess(p)
	made, created, err := a.bootstrap(ctx, p)
	if err != nil || !created || made.Token == "" {
		t.Fatalf("%v, %v", created, err)
	}
	kept, untold, err := a.bootstrap(ctx, p) // nobody was told
	if err != nil || !untold || kept != made {
		t.Errorf("%v, %v", untold, err)
	}
}
