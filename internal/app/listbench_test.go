package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// BenchmarkListFilteredByPermission lists 100 runs out of 100,000 of a project, of whom
// may read all of it, a stage that most are of, and a stage of which there are few, the
// oldest: the most that a list has to pass over. It is to take less than 20 ms. Beside it the
// store lists the project, for nobody.
func BenchmarkListFilteredByPermission(b *testing.B) {
	a := benchApp(b)
	system := kernel.WithActor(b.Context(), kernel.System("bench", "default"))
	demo := kernel.Scope{Tenant: "default", Project: "demo"}
	a.manyRuns(b, demo, 100_000)
	for name, node := range map[string]kernel.Scope{"project": demo, "stage of most": demo.InStage("dev"), "stage of the oldest": demo.InStage("prod")} {
		u, err := a.access.identity.CreateUser(system, demo, identity.NewUser{Name: "u" + fmt.Sprint(len(name)), Password: matrixPassword})
		if err != nil {
			b.Fatal(err)
		}
		grant := identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: u.Name}, Role: identity.Viewer}
		if _, err := a.access.identity.Grant(system, node, grant); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			ctx := kernel.WithActor(b.Context(), kernel.Actor{ID: u.ID, Name: u.Name, Kind: kernel.ActorUser, Tenant: "default"})
			for b.Loop() {
				page, err := a.delivery.runs.List(ctx, demo, run.Filter{}, kernel.PageRequest{Limit: 100})
				if err != nil || len(page.Items) != 100 {
					b.Fatalf("%d runs, %v", len(page.Items), err)
				}
			}
			b.StopTimer()
			begun := time.Now()
			for range b.N {
				if page, err := a.delivery.runs.Store.List(ctx, demo, run.Filter{}, kernel.PageRequest{Limit: 100}); err != nil || len(page.Items) != 100 {
					b.Fatalf("%d runs, %v", len(page.Items), err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/time.Since(begun).Seconds(), "x-of-unfiltered")
		})
	}
}

// manyRuns fills a project: the first hundred are of prod, all others of dev.
func (a *App) manyRuns(b *testing.B, demo kernel.Scope, n int) {
	b.Helper()
	dev := demo.InStage("dev")
	first := run.Run{
		ID: "run_first", Scope: dev, Workload: "shop", Stack: kernel.StackID(dev, "shop"), Operation: run.Deploy, Status: run.Succeeded, CreatedAt: time.Now().UTC(),
	}
	if err := runsql.NewStore(a.platform.db).Insert(b.Context(), first); err != nil {
		b.Fatal(err)
	}
	_, err := a.platform.db.Conn(b.Context()).ExecContext(b.Context(), fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO runs (id, tenant, project, stage, workload, release_id, stack, status, ended, operation, follows, dry, revision, created_at, body)
		SELECT printf('run_%%08d', i), tenant, project, CASE WHEN i < 100 THEN 'prod' ELSE 'dev' END, workload, release_id, stack, status, ended, operation, follows, dry, revision, created_at, body
		FROM n JOIN runs ON runs.id = 'run_first'`, n-1))
	if err != nil {
		b.Fatal(err)
	}
}
