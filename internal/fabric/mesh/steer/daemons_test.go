package steer_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestASidecarIsReachedFromWhoAsksAnotherDaemon has two daemons on one database, a sidecar at
// each, and no place where the target knows the called one.
func TestASidecarIsReachedFromWhoAsksAnotherDaemon(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{besidesql.Migrations()}, func(t *testing.T, d *db.DB) {
		a := newPlane(t)
		a.stop()
		a.shares = spread(t, d, "a")
		a.start(t)
		b := &plane{graph: a.graph, stages: a.stages, pki: a.pki, addr: "127.0.0.1:0", roots: a.roots, shares: spread(t, d, "b")}
		b.start(t)
		t.Cleanup(func() { b.stop() })

		web := b.beside(t, dev(), "web", "web")
		a.beside(t, dev(), "orders", "one")
		eventually(t, "it is reached", func() bool {
			status, said := ask(t, web, "orders", "/")
			return status == http.StatusOK && said == "one"
		})
	})
}

// spread exchanges with other daemons over a database until the test ends.
func spread(t *testing.T, d *db.DB, daemon string) func(*beside.Sidecars) {
	t.Helper()
	return func(s *beside.Sidecars) {
		one := beside.NewSpread(beside.Config{Sidecars: s, Store: besidesql.NewStore(d), Tx: d, Daemon: daemon, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- one.Watch(ctx) }()
		t.Cleanup(func() {
			cancel()
			must(t, <-done)
		})
	}
}
