package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkSearch reads pages of 100 out of 1,000,000 entries.
func BenchmarkSearch(b *testing.B) {
	const total = 1_000_000
	d := dbtest.SQLite(b, auditsql.Migrations())
	store := auditsql.NewStore(d)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := int64(0); at < total; {
		var some []chain.Entry
		for range 2000 {
			at++
			some = append(some, chain.Entry{
				Tenant: "default", Seq: at, At: start.Add(time.Duration(at) * time.Second), ActorID: "usr_1", ActorName: fmt.Sprintf("user%d", at%500), ActorKind: kernel.ActorUser,
				RequestID: fmt.Sprintf("req_%d", at), Type: fmt.Sprintf("thing.done%d", at%200), Project: fmt.Sprintf("p%d", at%50), Subject: fmt.Sprintf("run_%d", at/5), Data: `{"a":"b"}`, Hash: "x",
				Outcome: map[bool]chain.Result{true: chain.Refused}[at%1000 == 0],
			})
		}
		err := d.InTx(b.Context(), func(ctx context.Context) error { return store.Append(ctx, some) })
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := d.SQL().ExecContext(b.Context(), "INSERT INTO audit_heads VALUES ('default', ?, 'x')", total); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter audit.Filter
		within kernel.Reach
	}{
		{"newest", audit.Filter{}, kernel.Reach{All: true}},
		{"actor", audit.Filter{Actor: "user7"}, kernel.Reach{All: true}},
		{"type", audit.Filter{Type: "thing.done9"}, kernel.Reach{All: true}},
		{"project", audit.Filter{Project: "p3"}, kernel.Reach{All: true}},
		{"subject", audit.Filter{Subject: "run_777"}, kernel.Reach{All: true}},
		{"request", audit.Filter{RequestID: "req_4711"}, kernel.Reach{All: true}},
		{"time", audit.Filter{Since: start.Add(200_000 * time.Second), Until: start.Add(201_000 * time.Second)}, kernel.Reach{All: true}},
		{"actor and type", audit.Filter{Actor: "user7", Type: "thing.done7"}, kernel.Reach{All: true}},
		{"refused", audit.Filter{Outcome: "refused"}, kernel.Reach{All: true}},
		{"text that is nowhere", audit.Filter{Text: "zzz"}, kernel.Reach{All: true}},
		{"member of a project", audit.Filter{}, kernel.Reach{Projects: []string{"p3", "p4"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := store.List(b.Context(), "default", c.filter, c.within, kernel.PageRequest{Limit: 100}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
